"""The shared encoder: one transformer pass over windows of whole documents."""

from collections.abc import Sequence
from contextlib import nullcontext
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any, Final

import numpy as np
import torch
from flair.data import Sentence
from flair.embeddings import TransformerWordEmbeddings
from torch import Tensor

from nerlink.config import EncoderConfig
from nerlink.converters.tokens import TokenizedDocument
from nerlink.errors import EncoderError
from nerlink.models.passages import runs_of
from nerlink.models.shapes import ShapeEmbeddings, shape_of
from nerlink.models.sources import find_encoder
from nerlink.models.subtokens import SubtokenizedDocument, Subtokenizer
from nerlink.models.windows import Window, batches_by_budget, plan_windows

__all__ = ["BATCH_SUBTOKENS", "WindowEmbeddings"]

PRECISIONS: Final = {"bf16": torch.bfloat16, "fp16": torch.float16}

UNLIMITED: Final = 1 << 20
"""Positions of a transformer that names no limit."""

BATCH_SUBTOKENS: Final = 2048
"""Padded subtokens in one call of the transformer: about what a CPU cache is fastest with."""


class WindowEmbeddings(TransformerWordEmbeddings):
    """Vectors of tokens, each encoded once in a window of its document.

    A token's vector is that of its first subtoken, followed by the shapes of the token and its
    neighbours where the tokenizer lower-cases.

    Args:
        config: The encoder section of a configuration.
        folder: Where its files are, if not to be looked for.
    """

    def __init__(self, config: EncoderConfig, *, folder: Path | None = None) -> None:
        super().__init__(
            model=str(folder or find_encoder(config.model)),
            name="nerlink",
            layers="-1",
            subtoken_pooling="first",
            fine_tune=not config.freeze,
            use_context=False,
            use_context_separator=False,
            transformers_config_kwargs={"attention_probs_dropout_prob": config.attention_dropout},
        )
        if not self.tokenizer.is_fast:
            raise EncoderError(
                f"{config.model}: its tokenizer has no fast version (tokenizer.json). "
                "Convert it with transformers' AutoTokenizer and save it beside the weights."
            )
        self.tokenizer.backend_tokenizer.no_padding()
        self.tokenizer.backend_tokenizer.no_truncation()
        self.config = config
        self.precision = "fp32"
        self.subtokenizer = Subtokenizer(self.tokenizer)
        self.window = min(config.window, self._most_subtokens())
        self.shapes: ShapeEmbeddings | None = None
        if config.shape == "on" or (config.shape == "auto" and self._is_uncased()):
            self.shapes = ShapeEmbeddings(config.shape_dim)
        if config.freeze:
            self.model.requires_grad_(requires_grad=False)
        elif config.freeze_embeddings:
            self.model.get_input_embeddings().requires_grad_(requires_grad=False)

    @property
    def embedding_length(self) -> int:
        """Width of a token's vector."""
        return self.text_length + (self.shapes.embedding_length if self.shapes else 0)

    @property
    def text_length(self) -> int:
        """Width of the transformer's own vectors."""
        return int(self.model.config.hidden_size)

    @property
    def device(self) -> torch.device:
        """Where the transformer's weights are."""
        device: torch.device = next(self.model.parameters()).device
        return device

    def encode(
        self, documents: Sequence[TokenizedDocument], *, rng: Random | None = None
    ) -> Tensor:
        """Vectors of all tokens of some documents, in reading order.

        Args:
            documents: Each is encoded as if it were alone.
            rng: In training, to vary where windows end.

        Returns:
            One row a token, (n_tokens, embedding_length).
        """
        subtokenized = self.subtokenizer(documents)
        vectors = self._encode_windows(subtokenized, self._plan(subtokenized, rng))
        if self.shapes is None:
            return vectors
        with_borders = ((0, *map(shape_of, doc.words), 0) for doc in documents)
        shapes = torch.tensor([*chain.from_iterable(with_borders)], dtype=torch.long)
        inside = shapes.nonzero().squeeze(1) - 1
        rows = self.shapes(shapes.to(vectors.device))[inside.to(vectors.device)]
        return torch.cat([vectors, rows], dim=-1)

    def encode_texts(self, texts: Sequence[TokenizedDocument]) -> Tensor:
        """Mean vectors of short texts, cut at a window, (n_texts, text_length)."""
        subtokenized = self.subtokenizer(texts)
        lengths = [min(len(doc.ids), self.window) for doc in subtokenized]
        out = torch.zeros(len(texts), self.text_length, device=self.device)
        for batch in batches_by_budget(lengths, budget=BATCH_SUBTOKENS):
            hidden, mask = self._forward([subtokenized[i].ids[: self.window] for i in batch])
            total = (hidden * mask.unsqueeze(-1)).sum(1)
            out[batch] = (total / mask.sum(1, keepdim=True)).to(out.dtype)
        return out

    def _plan(self, documents: Sequence[SubtokenizedDocument], rng: Random | None) -> list[Window]:
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

    def _encode_windows(
        self, documents: Sequence[SubtokenizedDocument], windows: Sequence[Window]
    ) -> Tensor:
        bases = np.cumsum([0, *(len(doc.firsts) - 1 for doc in documents)])
        parts: list[Tensor] = [torch.zeros(0, self.text_length, device=self.device)]
        rows: list[Any] = [np.zeros(0, dtype=np.int64)]
        for batch in batches_by_budget([len(w) for w in windows], budget=BATCH_SUBTOKENS):
            chosen = [windows[i] for i in batch]
            hidden, _ = self._forward([documents[w.document].ids[w.start : w.stop] for w in chosen])
            positions = []
            for row, window in enumerate(chosen):
                firsts = documents[window.document].firsts
                begin, end = np.searchsorted(firsts[:-1], (window.first, window.last))
                offset = row * hidden.shape[1] + len(self.subtokenizer.prefix) - window.start
                positions.append(firsts[begin:end] + offset)
                rows.append(np.arange(begin, end) + bases[window.document])
            index = torch.from_numpy(np.concatenate(positions)).to(hidden.device)
            parts.append(hidden.flatten(0, 1).index_select(0, index))
        inverse = np.argsort(np.concatenate(rows), kind="stable")
        return torch.cat(parts).index_select(0, torch.from_numpy(inverse).to(self.device))

    def _forward(self, rows: Sequence[Any]) -> tuple[Tensor, Tensor]:
        """One pass of the transformer: hidden states and the mask of real subtokens."""
        prefix, suffix = self.subtokenizer.prefix, self.subtokenizer.suffix
        longest = max(map(len, rows)) + len(prefix) + len(suffix)
        ids = np.full((len(rows), longest), self.tokenizer.pad_token_id or 0, dtype=np.int64)
        mask = np.zeros((len(rows), longest), dtype=np.int64)
        for row, content in enumerate(rows):
            end = len(prefix) + len(content)
            ids[row, : len(prefix)] = prefix
            ids[row, len(prefix) : end] = content
            ids[row, end : end + len(suffix)] = suffix
            mask[row, : end + len(suffix)] = 1
        attention = torch.from_numpy(mask).to(self.device)
        reduced = PRECISIONS.get(self.precision)
        with torch.autocast(self.device.type, reduced, enabled=True) if reduced else nullcontext():
            output = self.model(
                input_ids=torch.from_numpy(ids).to(self.device),
                attention_mask=attention,
                output_hidden_states=False,
            )
        return output.last_hidden_state, attention

    def _most_subtokens(self) -> int:
        """Subtokens the transformer has positions for, its special ones not counted."""
        limit = int(getattr(self.model.config, "max_position_embeddings", UNLIMITED))
        if limit < 0:
            limit = UNLIMITED
        embeddings = getattr(self.model, "embeddings", None)
        positions = getattr(embeddings, "position_embeddings", None)
        padding = getattr(positions, "padding_idx", None)
        if padding is not None:
            limit -= int(padding) + 1
        return limit - len(self.subtokenizer.prefix) - len(self.subtokenizer.suffix)

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
