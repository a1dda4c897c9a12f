"""The whole configuration as typed models, read from TOML.

Every field has a default that works; an unknown key is an error that names the nearest known one.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from nerlink.errors import ConfigError
from nerlink.toml import CheckedTable, check_table, dump_table, parse_value, read_table, set_value

__all__ = [
    "CandidateSource",
    "Config",
    "DataConfig",
    "DictionaryConfig",
    "EncoderConfig",
    "KnowledgeBaseConfig",
    "LinkerConfig",
    "ModelConfig",
    "Section",
    "TaggerConfig",
    "Task",
    "ThesauriConfig",
    "TrainingConfig",
    "dump_config",
    "load_config",
]

RETIRED: Final[Mapping[str, object]] = {
    "encoder.attention_dropout": 0.0,
    "kb.count_training": True,
    "kb.fill_to": 10,
    "linker.learned_texts": 0,
}
"""Options of the past, with the value that nerlink goes on as if they had."""

RETIRED_AT_WORK: Final = frozenset({"kb.fill_to"})
"""Options of the past that a trained model goes by; the others were for training alone."""

Task = Literal["ner", "nel"]
CandidateSource = Literal["exact", "normalised", "acronym", "partial", "fuzzy"]
Fraction = Annotated[float, Field(ge=0, le=1)]
MOST: Final = 10**9
"""No count is larger, and none so large that a machine could not count to it."""

Count = Annotated[int, Field(ge=0, le=MOST)]
Positive = Annotated[int, Field(gt=0, le=MOST)]
Width = Annotated[int, Field(ge=0, le=1 << 14)]


class Section(BaseModel):
    """A table of the TOML file: frozen, without unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class DataConfig(Section):
    """Where documents come from: a corpus by name or folder, or files for each split.

    Args:
        corpus: Name or folder of a corpus with a card; its splits serve as train, dev and test.
        train: File to train on, where no corpus is named.
        dev: File to choose the best epoch on, by F1 of mentions, of links, or by their mean.
        test: File kept for a last score; training does not read it.
        format: Format of the files, if their endings do not tell, such as `zelda`.
        read: Options of its reader, such as `columns` and `scheme` of CoNLL files.
        tasks: What these documents teach; all tasks of the model if empty.
        weight: How often documents of this entry are drawn, relative to the others.
        limit: Documents to train on, the first so many; all if empty.
    """

    corpus: str | None = None
    train: Path | None = None
    dev: Path | None = None
    test: Path | None = None
    format: str | None = None
    read: dict[str, Any] = {}
    tasks: tuple[Task, ...] = ()
    weight: Annotated[float, Field(gt=0)] = 1.0
    limit: Positive | None = None


class ThesauriConfig(Section):
    """How thesauri, ontologies and results of SPARQL among the tables become entities.

    Args:
        language: Of names, aliases and descriptions, such as `en`; that of most labels if empty.
        type_from: What the type is the name of: the broader concept or class right above
            (`parent`, `broader`), the topmost (`top`), the scheme (`scheme`, `namespace`), `none`.
        synonyms: Scopes of synonyms that become aliases.
        whole_ids: Whole addresses are ids; otherwise their last parts.
        prefixes: What ids begin with to what addresses begin with, such as
            `{"MESH:" = "http://id.nlm.nih.gov/mesh/"}`.
    """

    language: str | None = None
    type_from: Literal["parent", "broader", "top", "scheme", "namespace", "none"] = "parent"
    synonyms: tuple[Literal["exact", "narrow", "broad", "related"], ...] = (
        "exact",
        "narrow",
        "broad",
        "related",
    )
    whole_ids: bool = False
    prefixes: dict[str, str] = Field(default_factory=dict)


class KnowledgeBaseConfig(Section):
    """The entities to link to.

    Args:
        path: A knowledge base made before (`.sqlite`), or the corpus's own if empty.
        tables: Tables of entities and aliases, thesauri and ontologies to make one from.
        columns: nerlink's names of their columns to the tables', such as `{name = "title"}`.
        thesauri: How thesauri and ontologies among them are read.
        from_training: Add the entities that training documents link to and the base lacks;
            they are the whole base where nothing else is named.
        max_candidates: Candidates kept for a mention, best priors first.
        candidates: Who is asked for candidates, one after another until one has an answer:
            `exact` and `normalised` aliases, initials of names (`acronym`), parts of names
            (`partial`), misspelt aliases (`fuzzy`).
        fill: Who adds candidates where a surface has fewer than ten.
        in_document: Short names get the candidates of fuller names in their document, too.
    """

    path: Path | None = None
    tables: tuple[Path, ...] = ()
    columns: dict[str, str] = Field(default_factory=dict)
    thesauri: ThesauriConfig = ThesauriConfig()
    from_training: bool = False
    max_candidates: Positive = 30
    candidates: Annotated[tuple[CandidateSource, ...], Field(min_length=1)] = ("normalised",)
    fill: tuple[CandidateSource, ...] = ("acronym", "partial")
    in_document: bool = True

    @property
    def generators(self) -> frozenset[CandidateSource]:
        """Everyone who may be asked for candidates."""
        return frozenset((*self.candidates, *self.fill))

    @field_validator("candidates", "fill", mode="before")
    @classmethod
    def _knows_all(cls, names: Any) -> Any:
        if isinstance(names, list | tuple) and "nearest" in names:
            raise ValueError(
                "names 'nearest', which nerlink no longer has: it cost links and time "
                "(experiments/candidates). Take 'fuzzy', or take it out, and train again"
            )
        return names


class ModelConfig(Section):
    """The trained model that a run starts from, if it starts from one.

    Args:
        from_: `from` in a file: folder of a trained model, or its `owner/name` on the Hugging Face
            hub. Its encoder, its heads and what it learnt of entities by their ids are where
            training begins; what shaped its weights (encoder, and scheme, rnn, hidden and crf of
            the tagger) need not be named again. Without another base, its own is linked to.
        keep_labels: Keep also those of its labels that no training document has. They fade: what
            is not marked teaches that nothing is there.
    """

    model_config = ConfigDict(populate_by_name=True)

    from_: str | None = Field(default=None, alias="from")
    keep_labels: bool = True

    @field_validator("from_", mode="before")
    @classmethod
    def _as_text(cls, name: Any) -> Any:
        return str(name) if isinstance(name, Path) else name


class EncoderConfig(Section):
    """The transformer that both tasks share.

    Args:
        model: Hugging Face id or folder.
        window: Subtokens a window holds, the two special ones not counted.
        overlap: Subtokens that neighbouring windows of a document share.
        context: `window` packs sentences, `flert` surrounds each with 64 subtokens,
            `none` encodes each alone.
        shape: Learn an embedding of each token's shape (aa, Aa, AA, digits); `auto` where
            the tokenizer lower-cases.
        shape_dim: Width of that embedding.
        layers: Hidden states whose mean is a token's vector: -1 the last, 0 the input embeddings.
        static: Vectors to stack on it that a word has in any context: a file or folder of word
            vectors, or `encoder` for the encoder's own input embeddings.
        freeze: Leave the transformer's weights as they are.
        store: `memory` encodes each document once and keeps its vectors for all epochs; needs
            `freeze`.
        freeze_embeddings: Leave its word embeddings as they are.
    """

    model: str = "sentence-transformers/all-MiniLM-L6-v2"
    window: Annotated[int, Field(ge=8, le=MOST)] = 254
    overlap: Count = 0
    context: Literal["window", "flert", "none"] = "window"
    shape: Literal["auto", "on", "off"] = "auto"
    shape_dim: Annotated[Width, Field(gt=0)] = 32
    layers: Annotated[tuple[int, ...], Field(min_length=1)] = (-1,)
    static: str | None = None
    freeze: bool = False
    store: Literal["none", "memory"] = "none"
    freeze_embeddings: bool = False

    @field_validator("overlap")
    @classmethod
    def _leaves_room(cls, overlap: int, info: ValidationInfo) -> int:
        if overlap >= info.data.get("window", overlap + 1):
            raise ValueError("must be smaller than encoder.window")
        return overlap

    @field_validator("store")
    @classmethod
    def _keeps_what_stays(cls, store: str, info: ValidationInfo) -> str:
        if store == "memory" and not info.data.get("freeze"):
            raise ValueError(
                "would keep vectors that change while the encoder learns: set encoder.freeze = "
                'true, or encoder.store = "none"'
            )
        return store


class TaggerConfig(Section):
    """The head that finds mentions.

    Args:
        scheme: Tags it predicts.
        rnn: Width of each direction of a BiLSTM over the sentence; 0 for none.
        hidden: Width of its hidden layer; 0 for a linear head.
        crf: Learn which tag follows which (conditional random field).
        dropout: Share of features dropped in training.
        word_dropout: Share of tokens that the BiLSTM does not see in training.
        locked_dropout: Share of features dropped in all tokens of a sentence, before and after
            the BiLSTM.
        loss_weight: Factor of its loss in the joint loss.
        negatives: Share of the unmarked tokens of incomplete documents that teach that they are no
            mention, drawn anew each epoch.
    """

    scheme: Literal["bio", "bioes"] = "bioes"
    rnn: Width = 0
    hidden: Width = 384
    crf: bool = False
    dropout: Fraction = 0.1
    word_dropout: Fraction = 0.05
    locked_dropout: Fraction = 0.5
    loss_weight: Annotated[float, Field(ge=0)] = 1.0
    negatives: Fraction = 0.1


class DictionaryConfig(Section):
    """How mentions are found by the names of the base alone, where a model has no tagger.

    A model without this section links given mentions only. The rules are those of
    `nerlink annotate`.

    Args:
        min_length: Letters and digits that a name must have.
        stop: Words that are no mention; the small words of English if not given.
        keep: Names that no rule leaves out.
        case: Whether letters must be large where those of the name are: `agree`, `ignore`, or
            `auto`, where it matters for short names and single words.
        case_length: Letters and digits up to which a name is short.
        labels: Types of entities to labels, an empty one for none; other types are labels.
    """

    min_length: Count = 2
    stop: tuple[str, ...] | None = None
    keep: tuple[str, ...] = ()
    case: Literal["auto", "agree", "ignore"] = "auto"
    case_length: Count = 4
    labels: dict[str, str] = Field(default_factory=dict)


class LinkerConfig(Section):
    """The head that chooses among candidates.

    Args:
        dropout: Share of features dropped in training.
        loss_weight: Factor of its loss in the joint loss. A mention's loss is about ten times a
            token's; with the same weight, finding mentions is learnt late.
        threshold: Link probability under which a mention is `NIL`; without one, a mention is
            `NIL` where that is likelier than every candidate. 0 links all that have candidates.
        memory_dropout: Share of mentions that learn from the text of entities alone.
        candidate_dropout: Share of mentions whose gold entity is taken from the candidates in
            training, so that `NIL` is learnt where lists have gaps.
        second_look: Score candidates again by what the rest of the document means.
        target: What the threshold is fitted for on development documents: `f1`, a precision of
            links such as 0.95, or nothing.
        top_k: Candidates that come back with each mention.
    """

    dropout: Fraction = 0.1
    loss_weight: Annotated[float, Field(ge=0)] = 0.1
    threshold: Fraction | None = None
    memory_dropout: Fraction = 0.2
    candidate_dropout: Fraction = 0.0
    second_look: bool = True
    target: Literal["f1"] | Fraction | None = None
    top_k: Count = 5


class TrainingConfig(Section):
    """How the model learns.

    Args:
        epochs: Passes over the training documents, at most.
        refresh_steps: Steps between refreshments of the text part of prototypes.
        batch_tokens: Tokens in a step, about; documents are not cut unless they are longer.
        gradient_accumulation: Steps whose gradients are added before an update.
        learning_rate: Peak rate of the encoder (AdamW, linear warm-up and decay); by default, a
            quarter of it where training starts from a trained model.
        head_learning_rate: Peak rate of the heads; a quarter of it likewise.
        weight_decay: AdamW's.
        warmup: Share of all steps in which the rate rises.
        max_grad_norm: Gradients longer than this are shortened to it.
        patience: Epochs without a better dev score before training stops; 0 never stops.
        checkpoint_minutes: Minutes between checkpoints inside an epoch; one follows every epoch.
        precision: `auto` takes bf16 on a GPU that has it, fp32 elsewhere.
        device: `auto`, `cpu`, `cuda`, `cuda:1`, `mps`.
    """

    epochs: Positive = 6
    refresh_steps: Positive = 50
    batch_tokens: Positive = 1500
    gradient_accumulation: Positive = 1
    learning_rate: Annotated[float, Field(gt=0)] = 2e-4
    head_learning_rate: Annotated[float, Field(gt=0)] = 1e-3
    weight_decay: Annotated[float, Field(ge=0)] = 0.01
    warmup: Fraction = 0.1
    max_grad_norm: Annotated[float, Field(gt=0)] = 1.0
    patience: Count = 0
    checkpoint_minutes: Annotated[float, Field(gt=0)] = 10.0
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    device: str = "auto"


class Config(CheckedTable, Section):
    """Everything a training run needs to know.

    Raises:
        ConfigError: A key is not known (the nearest known one is named) or a value not allowed.
    """

    tasks: tuple[Task, ...] = get_args(Task)
    seed: Annotated[int, Field(ge=0, lt=1 << 32)] = 1
    model: ModelConfig = ModelConfig()
    data: tuple[DataConfig, ...] = ()
    kb: KnowledgeBaseConfig = KnowledgeBaseConfig()
    encoder: EncoderConfig = EncoderConfig()
    tagger: TaggerConfig = TaggerConfig()
    dictionary: DictionaryConfig | None = None
    linker: LinkerConfig = LinkerConfig()
    training: TrainingConfig = TrainingConfig()

    @model_validator(mode="before")
    @classmethod
    def _of_today(cls, values: Any, info: ValidationInfo) -> Any:
        where = (info.context or {}).get("where", cls.__name__)
        return _without_retired(values, where=where) if isinstance(values, Mapping) else values


def load_config(
    path: str | Path, overrides: Mapping[str, str] | None = None, *, is_saved: bool = False
) -> Config:
    """The configuration in a TOML file, with some values replaced.

    Args:
        path: The TOML file; paths in it are relative to its folder, as are names that open
            with `./` or `../`.
        overrides: Dotted keys to values in TOML notation, such as `training.epochs` to `3` or
            `data.0.train` to `mine.jsonl`; paths here are relative to the current folder.
        is_saved: Whether the file belongs to a saved model: options of the past that only
            training read are passed over, whatever their value.

    Raises:
        ConfigError: The file, a key or a value is wrong.
    """
    path = Path(path)
    table = _without_retired(read_table(path), where=str(path), is_saved=is_saved)
    config = check_table(Config, table, where=str(path))
    table = _anchored(config.model_dump(exclude_unset=True, by_alias=True), path.parent)
    for key, text in (overrides or {}).items():
        set_value(table, key, parse_value(text))
    return check_table(Config, table, where="overrides")


def dump_config(config: Config) -> str:
    """The configuration as TOML, defaults included; `load_config` reads it back."""
    return dump_table(config)


def _without_retired(
    table: Mapping[str, Any], *, where: str, is_saved: bool = False
) -> dict[str, Any]:
    """A table without options of the past; configurations of saved models name all options.

    Raises:
        ConfigError: An option of the past has another value than the one that is left.
    """
    left = {key: dict(one) if isinstance(one, Mapping) else one for key, one in table.items()}
    for key, only in RETIRED.items():
        section, _, name = key.partition(".")
        if not isinstance(values := left.get(section), dict) or name not in values:
            continue
        is_harmless = is_saved and key not in RETIRED_AT_WORK
        if values[name] != only and not is_harmless:
            advice = "Train the model again." if is_saved else "Take the line out."
            raise ConfigError(
                f"{where}: {key} = {values[name]!r}, but nerlink no longer has this option; it "
                f"does as with {only!r}. {advice}"
            )
        del values[name]
    return left


def _anchored(value: Any, folder: Path) -> Any:
    """The same tables with relative paths put behind `folder`."""
    if isinstance(value, Mapping):
        return {key: _anchored(item, folder) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_anchored(item, folder) for item in value]
    if isinstance(value, Path):
        return folder / value
    if isinstance(value, str) and value.startswith(("./", "../")):
        return f"{folder}/{value}"
    return value
