"""The shared encoder: one transformer pass over windows of whole documents."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Final, Self

import numpy as np
import torch
from flair.data import Sentence
from flair.embeddings import TransformerWordEmbeddings
from numpy.typing import NDArray
from torch import Tensor, nn

from nerlink.config import EncoderConfig
from nerlink.converters.tokens import TokenizedDocument
from nerlink.errors import EncoderError
from nerlink.models.encoder.fast.buffers import InBuffers
from nerlink.models.encoder.fast.precision import PRECISIONS, compute_in
from nerlink.models.encoder.fast.transformer import hidden_states, is_packable
from nerlink.models.encoder.find import find_encoder
from nerlink.models.encoder.saved import refusing_raw_errors
from nerlink.models.encoder.shapes import SHAPES, ShapeEmbeddings, shapes_of
from nerlink.models.encoder.static import InputEmbeddings, StaticEmbeddings, read_vectors
from nerlink.models.encoder.subtokens import SubtokenizedDocument, Subtokenizer
from nerlink.models.encoder.windows import Window, batches_by_budget, plan_windows
from nerlink.models.passages import runs_of

__all__ = ["BATCH_SUBTOKENS", "KeptVectors", "WindowEmbeddings"]


MOST_NUMBERS: Final = 1 << 28
"""Numbers kept at most, of four bytes each; later documents are encoded anew each time."""


class KeptVectors:
    """Vectors of the documents seen so far.

    Args:
        encode: Gives the vectors of a document's tokens, (n_tokens, width), the same at every call.
    """

    def __init__(self, encode: Callable[[TokenizedDocument], Tensor]) -> None:
        self.encode = encode
        self.n_numbers = 0
        self._kept: dict[tuple[tuple[str, ...], tuple[tuple[int, int], ...]], Tensor] = {}

    def __call__(self, documents: Sequence[TokenizedDocument]) -> list[Tensor]:
        """Vectors of each document; documents of the same words and sentences share them."""
        return [self._vectors(doc) for doc in documents]

    def forget(self) -> None:
        """Forget all vectors, because the encoder computes other ones from now on."""
        self._kept.clear()
        self.n_numbers = 0

    def _vectors(self, doc: TokenizedDocument) -> Tensor:
        """Vectors of the tokens of a document, (n_tokens, width), kept while there is room."""
        key = tuple(doc.words), tuple(doc.sentences)
        found = self._kept.get(key)
        if found is not None:
            return found
        # One document at a time, so that a vector never depends on the batch. Tensors of inference
        # mode could not be used in training later.
        with torch.inference_mode(mode=False), torch.no_grad():
            vectors = self.encode(doc)
        if self.n_numbers + vectors.numel() <= MOST_NUMBERS:
            self._kept[key] = vectors
            self.n_numbers += vectors.numel()
        return vectors


UNLIMITED: Final = 1 << 20
"""Positions of a transformer that names no limit."""

BATCH_SUBTOKENS: Final = 2048
"""Subtokens in one call of the transformer: about what a CPU cache is fastest with."""


class WindowEmbeddings(TransformerWordEmbeddings):
    """Vectors of tokens, each encoded once in a window of its document.

    The transformer's vector of a token is the vector of the first subtoken. If the tokenizer
    lower-cases, a vector of the token's shape is added to the word embedding of each subtoken, and
    the shapes of the token and of its two neighbours are appended to the token's vector. The static
    vector of the token comes last.

    Args:
        config: The encoder section of a configuration.
        folder: Folder of the encoder's files, with static vectors in the subfolder `static`; the
            encoder of the configuration is looked up if `None`.

    Attributes:
        precision: The precision that the transformer computes in.
        autocast: In training, the type to compute in while weights stay in fp32; `None` for fp32.
    """

    def __init__(self, config: EncoderConfig, *, folder: Path | None = None) -> None:
        with refusing_raw_errors(f"encoder {folder or config.model}"):
            super().__init__(
                model=str(folder or find_encoder(config.model)),
                name="nerlink",
                layers="-1",
                subtoken_pooling="first",
                fine_tune=not config.freeze,
                use_context=False,
                use_context_separator=False,
                # The fast attention kernels of a CPU have no dropout.
                transformers_config_kwargs={"attention_probs_dropout_prob": 0.0},
                transformers_model_kwargs={"use_safetensors": True},
                # Without it, transformers asks on standard input whether to run code of the folder.
                trust_remote_code=False,
            )
        if not self.tokenizer.is_fast:
            raise EncoderError(
                f"{config.model}: its tokenizer has no fast version (tokenizer.json). "
                "Convert it with transformers' AutoTokenizer and save it beside the weights."
            )
        # The code that an encoder could do without is not named in a saved model either.
        for settings in (vars(self.model.config), self.tokenizer.init_kwargs):
            settings.pop("auto_map", None)
        # Windows are cut and padded here, not by the tokenizer: it must give all subtokens of a
        # word and nothing else.
        self.tokenizer.backend_tokenizer.no_padding()
        self.tokenizer.backend_tokenizer.no_truncation()
        self.config = config
        self.precision = "fp32"
        self.scratch = InBuffers()
        self.autocast: torch.dtype | None = None
        words = self.model.get_input_embeddings()
        self.subtokenizer = Subtokenizer(self.tokenizer, n_vectors=words.num_embeddings)
        self.window = min(config.window, self._most_subtokens())
        self.shapes: ShapeEmbeddings | None = None
        self.shape_inputs: nn.Embedding | None = None
        if config.shape == "on" or (config.shape == "auto" and self._is_uncased()):
            self.shapes = ShapeEmbeddings(config.shape_dim)
        # Shapes enter twice. Beside the output they help the heads; added to the input embeddings
        # they let attention use case. A frozen transformer could not learn what the latter mean.
        if self.shapes and not config.freeze:
            self.shape_inputs = nn.Embedding(len(SHAPES), words.embedding_dim)
            # Zeros: before the first step the transformer computes what it was trained to compute.
            nn.init.zeros_(self.shape_inputs.weight)
            self.shape_inputs.to(self.device)
        self.static = self._static(folder)
        self.kept: KeptVectors | None = None
        self._check_layers()
        self._freeze()

    def _freeze(self) -> None:
        """Take what does not learn out of training."""
        if self.config.freeze:
            self.model.requires_grad_(requires_grad=False)
        elif self.config.freeze_embeddings:
            self.model.get_input_embeddings().requires_grad_(requires_grad=False)

    def _static(self, folder: Path | None) -> StaticEmbeddings | InputEmbeddings | None:
        """The static vectors that the configuration asks for, if any."""
        where = self.config.static
        if where is None:
            return None
        if where == "encoder":
            return InputEmbeddings(self.model.get_input_embeddings(), self.subtokenizer)
        return StaticEmbeddings(read_vectors(folder / "static" if folder else where)).to(
            self.device
        )

    @property
    def embedding_length(self) -> int:
        """Width of a token's vector."""
        # The order is that of `encode`: transformer, shapes, static.
        stacked = [part for part in (self.shapes, self.static) if part is not None]
        return self.text_length + sum(part.embedding_length for part in stacked)

    @property
    def text_length(self) -> int:
        """Width of the transformer's own vectors."""
        return int(self.model.config.hidden_size)

    @property
    def device(self) -> torch.device:
        """Where the transformer's weights are."""
        device: torch.device = next(self.model.parameters()).device
        return device

    @property
    def is_packed(self) -> bool:
        """Whether the transformer runs without padding."""
        return is_packable(self.model)

    def encode(
        self, documents: Sequence[TokenizedDocument], *, rng: Random | None = None
    ) -> Tensor:
        """Vectors of all tokens of some documents, in reading order.

        Args:
            documents: The documents; none of them is context of another.
            rng: Varies where windows end, in training.

        Returns:
            One row a token, (n_tokens, embedding_length).
        """
        shapes = [shapes_of(doc.words) for doc in documents] if self.shapes else []
        with self.scratch.lock:
            if self.kept is None:
                stacked = [self._transform(documents, shapes, rng)]
            else:
                stacked = [
                    torch.cat(
                        [
                            torch.zeros(0, self.text_length, device=self.device),
                            *self.kept(documents),
                        ]
                    )
                ]
        if self.shapes is not None:
            stacked.append(self.shapes.encode(shapes))
        if self.static is not None:
            stacked.append(self.static([word for doc in documents for word in doc.words]))
        return torch.cat(stacked, dim=-1)

    def encode_texts(self, texts: Sequence[TokenizedDocument]) -> Tensor:
        """Mean vectors of short texts, cut at a window, (n_texts, text_length)."""
        subtokenized = self.subtokenizer(texts)
        shapes = [shapes_of(doc.words) for doc in texts] if self.shapes else []
        lengths = [min(len(doc.ids), self.window) for doc in subtokenized]
        out = torch.zeros(len(texts), self.text_length, device=self.device)
        for batch in self._batches(lengths):
            rows = [subtokenized[i].ids[: self.window] for i in batch]
            cases = [
                _by_subtoken(shapes[i], subtokenized[i])[: self.window] for i in batch if shapes
            ]
            # The mean over all subtokens, special ones included, is what sentence encoders are
            # trained for. It is taken before the next pass, which overwrites `hidden`.
            with self.scratch.lock:
                hidden, sizes = self._forward(rows, cases)
                means = [part.mean(0) for part in torch.split(hidden, sizes)]
            out[batch] = torch.stack(means)
        return out

    @contextmanager
    def keep_vectors(self) -> Iterator[None]:
        """Encode each document once, within the context, if the encoder does not learn."""
        self.kept = KeptVectors(lambda doc: self._transform([doc], [], None))
        try:
            yield
        finally:
            self.kept = None

    def train(self, mode: bool = True) -> Self:
        """Training mode, but without dropout in a transformer that does not learn."""
        super().train(mode)
        self.model.train(mode and self.fine_tune)
        return self

    def set_precision(self, precision: str) -> None:
        """Have the transformer compute in `fp32`, `bf16`, `fp16` or `int8` from now on."""
        self.precision = precision
        compute_in(self.model, precision, self.scratch)

    def _plan(self, documents: Sequence[SubtokenizedDocument], rng: Random | None) -> list[Window]:
        """The windows of all documents, in order."""
        return [
            window
            for number, doc in enumerate(documents)
            for window in plan_windows(
                doc.sentences,
                document=number,
                size=self.window,
                overlap=self.config.overlap,
                context=self.config.context,
                rng=rng,
            )
        ]

    def _transform(
        self,
        documents: Sequence[TokenizedDocument],
        shapes: Sequence[NDArray[np.int64]],
        rng: Random | None,
    ) -> Tensor:
        """What the transformer makes of all tokens, (n_tokens, text_length)."""
        subtokenized = self.subtokenizer(documents)
        windows = self._plan(subtokenized, rng)
        # bases: row of each document's first token in `out`. firsts has one entry more than tokens.
        bases = np.cumsum([0, *(len(doc.firsts) - 1 for doc in subtokenized)])
        cases = [_by_subtoken(kinds, doc) for kinds, doc in zip(shapes, subtokenized, strict=False)]
        out = torch.zeros(int(bases[-1]), self.text_length, device=self.device)
        for batch in self._batches([len(w) for w in windows]):
            chosen = [windows[i] for i in batch]
            hidden, sizes = self._forward(
                [subtokenized[w.document].ids[w.start : w.stop] for w in chosen],
                [cases[w.document][w.start : w.stop] for w in chosen if cases],
            )
            positions, rows = [], []
            # hidden holds the windows end to end, each with its special subtokens: window w starts
            # at the sum of the sizes before it, its text one prefix later.
            begins = np.cumsum([len(self.subtokenizer.prefix), *sizes])
            for start, window in zip(begins, chosen, strict=False):
                firsts = subtokenized[window.document].firsts
                # The tokens whose first subtoken lies in the core. A token that begins in the core
                # and ends behind it belongs here; the next core does not see its first subtoken.
                begin, end = np.searchsorted(firsts[:-1], (window.first, window.last))
                positions.append(firsts[begin:end] + (start - window.start))
                rows.append(np.arange(begin, end) + bases[window.document])
            # One gather and one scatter a batch: a Python loop over tokens would cost more than the
            # transformer.
            index = torch.from_numpy(np.concatenate(positions)).to(hidden.device)
            place = torch.from_numpy(np.concatenate(rows)).to(hidden.device)
            out.index_copy_(0, place, hidden.index_select(0, index))
        return out

    def _batches(self, lengths: Sequence[int]) -> Iterable[list[int]]:
        return batches_by_budget(lengths, budget=BATCH_SUBTOKENS, is_padded=not self.is_packed)

    def _forward(
        self, rows: Sequence[NDArray[np.int64]], shapes: Sequence[NDArray[np.int64]]
    ) -> tuple[Tensor, list[int]]:
        """Hidden states of sequences end to end, (n_subtokens, width), and the sequences' sizes.

        The next pass may overwrite the hidden states.
        """
        prefix, suffix = self.subtokenizer.prefix, self.subtokenizer.suffix
        sizes = [len(prefix) + len(row) + len(suffix) for row in rows]
        ids = np.concatenate([part for row in rows for part in (prefix, row, suffix)])
        extra = None
        if self.shape_inputs is not None:
            borders = np.zeros(len(prefix), dtype=np.int64), np.zeros(len(suffix), dtype=np.int64)
            parts = [part for kinds in shapes for part in (borders[0], kinds, borders[1])]
            extra = self.shape_inputs(torch.from_numpy(np.concatenate(parts)).to(self.device))
            # The table stays in fp32, so that a model saved from bf16 loses nothing of it.
            extra = extra.to(PRECISIONS[self.precision])
        numbers = torch.from_numpy(ids.astype(np.int64)).to(self.device)
        with torch.autocast(self.device.type, self.autocast, enabled=self.autocast is not None):
            layers, buffers = self.config.layers, None if self.autocast else self.scratch
            states = hidden_states(
                self.model, numbers, sizes, extra=extra, layers=layers, buffers=buffers
            )
        return states.float(), sizes

    def _most_subtokens(self) -> int:
        """Subtokens that the transformer has positions for, special subtokens not counted."""
        limit = int(getattr(self.model.config, "max_position_embeddings", UNLIMITED))
        if limit < 0:
            limit = UNLIMITED
        embeddings = getattr(self.model, "embeddings", None)
        positions = getattr(embeddings, "position_embeddings", None)
        # RoBERTa and its kin number positions from padding_idx + 1: two of its 514 are no
        # positions.
        padding = getattr(positions, "padding_idx", None)
        if padding is not None:
            limit -= int(padding) + 1
        limit -= len(self.subtokenizer.prefix) + len(self.subtokenizer.suffix)
        if limit < 1:
            raise EncoderError(f"{self.config.model}: it has no positions for words.")
        return limit

    def _check_layers(self) -> None:
        n_layers = int(self.model.config.num_hidden_layers)
        unknown = [n for n in self.config.layers if not -n_layers - 1 <= n <= n_layers]
        if unknown:
            raise EncoderError(
                f"encoder.layers: {self.config.model} has no layer {unknown[0]}. Its last is -1 or "
                f"{n_layers}, its input embeddings are 0."
            )

    def _is_uncased(self) -> bool:
        ids = self.tokenizer.convert_tokens_to_ids
        return ids(self.tokenizer.tokenize("London")) == ids(self.tokenizer.tokenize("london"))

    def _add_embeddings_internal(self, sentences: list[Sentence]) -> None:
        runs = runs_of(sentences)
        with torch.set_grad_enabled(self.fine_tune and self.training):
            vectors = self.encode([run.passage.tokens for run in runs])
        tokens = (token for run in runs for sentence in run.sentences for token in sentence)
        for token, vector in zip(tokens, vectors, strict=True):
            token.set_embedding(self.name, vector)


def _by_subtoken(shapes: NDArray[np.int64], doc: SubtokenizedDocument) -> NDArray[np.int64]:
    """The shape of each subtoken's token, (n_subtokens)."""
    return np.repeat(shapes, np.diff(doc.firsts))
