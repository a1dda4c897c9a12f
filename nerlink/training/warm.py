"""A run that starts from a trained model: what it takes over, and what is told of that."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from nerlink.config import Config, EncoderConfig, Section, load_config
from nerlink.errors import ConfigError
from nerlink.kb import KnowledgeBase
from nerlink.kb.store.edit import links_of_training
from nerlink.kb.store.rows import find_ids, find_keys, find_rows
from nerlink.models.joint import JointModel
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.linker.linker import Linker
from nerlink.models.storage.folder import BASE, Manifest, read_manifest
from nerlink.models.storage.hub import find_model
from nerlink.models.storage.model import load_model
from nerlink.models.transfer import take_weights
from nerlink.toml import check_table
from nerlink.words import number_of

__all__ = ["Learnt", "Start", "find_start"]

SHAPING: Final[Mapping[str, tuple[str, ...]]] = {
    "encoder": ("model", "shape", "shape_dim", "layers", "static"),
    "tagger": ("scheme", "rnn", "hidden", "crf"),
}
"""Options that the weights of a trained model follow from, by their sections."""

GENTLE: Final = 0.25
"""Factor on the rates of a run that starts from a trained model, where it sets none itself.

At the rates of a new model, few documents teach little and undo much: ten documents over a silver
model of AIDA link worse than at a quarter of these (experiments/cold-start).
"""

RATES: Final = ("learning_rate", "head_learning_rate")

_SHOWN: Final = 5
"""Labels and ids that a line names."""


@dataclass(frozen=True, slots=True)
class Start:
    """The trained model that a run starts from.

    Args:
        name: The model as the configuration names it.
        folder: Its folder.
        config: The configuration that it was trained with.
        manifest: What its folder says of it.
    """

    name: str
    folder: Path
    config: Config
    manifest: Manifest

    @property
    def identity(self) -> str:
        """What tells this model from any other: the sums of all its files."""
        return json.dumps(self.manifest.files, sort_keys=True)

    @property
    def base(self) -> Path | None:
        """Its knowledge base, if it links."""
        return self.folder / BASE if "nel" in self.manifest.tasks else None

    @contextmanager
    def loaded(self) -> Iterator["Learnt"]:
        """The model with its weights, held within the context.

        Raises:
            StorageError: The folder is damaged.
        """
        model = load_model(self.folder, precision="fp32")
        try:
            yield Learnt(self, model)
        finally:
            if model.linker:
                model.linker.lookup.kb.close()

    def fitted(self, config: Config) -> Config:
        """A configuration with the options of this model that it does not name itself.

        Raises:
            ConfigError: An option that the weights follow from is named, and is another.
        """
        for section in SHAPING:
            if section == "encoder" or "ner" in self.manifest.tasks:
                self._check(section, getattr(config, section))
        encoder, tagger = config.encoder, config.tagger
        named = encoder.model_dump(include=encoder.model_fields_set)
        table = self.config.encoder.model_dump() | named
        if "ner" in self.manifest.tasks:
            shape = self.config.tagger.model_dump(include=set(SHAPING["tagger"]))
            tagger = tagger.model_copy(update=shape)
        where = f"[encoder] of {self.name} and of the configuration"
        encoder = check_table(EncoderConfig, table, where=where)
        # Without a tagger, mentions are found as this model finds them.
        dictionary = config.dictionary or (
            None if "ner" in config.tasks else self.config.dictionary
        )
        training = config.training
        if self.manifest.trained_on:  # an untrained model has nothing to lose
            left = set(RATES) - training.model_fields_set
            gentle = {rate: GENTLE * getattr(training, rate) for rate in left}
            training = training.model_copy(update=gentle)
        taken = {"encoder": encoder, "tagger": tagger, "dictionary": dictionary}
        return config.model_copy(update={**taken, "training": training})

    def _check(self, section: str, mine: Section) -> None:
        theirs = getattr(self.config, section)
        for name in SHAPING[section]:
            here, there = getattr(mine, name), getattr(theirs, name)
            if name in mine.model_fields_set and here != there:
                raise ConfigError(
                    f"{section}.{name} = {_toml(here)}, but training starts from {self.name}, "
                    f"whose weights are of {section}.{name} = {_toml(there)}. Take the line out "
                    "to go on with its own, or take model.from out to begin anew."
                )

    def labels(self, learnt: Sequence[str], *, keeps: bool) -> tuple[str, ...]:
        """The labels of the new model, in alphabetical order.

        Args:
            learnt: The labels of the training documents.
            keeps: Whether labels of this model stay that no document has.
        """
        return tuple(sorted({*learnt, *(self.manifest.labels if keeps else ())}))


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a trained model gives to a new one.

    Args:
        start: The trained model as it lies in its folder.
        model: The model itself.
    """

    start: Start
    model: JointModel

    @property
    def linker(self) -> Linker | None:
        """The head of the model that links."""
        return self.model.linker

    def rows_in(self, kb: KnowledgeBase) -> dict[int, int]:
        """Row in the model's base to row in another, of entities that training linked to.

        Entities that one of the bases lacks are left out.
        """
        if self.linker is None:
            return {}
        ids = find_ids(self.linker.lookup.kb.connection, self.linker.counts.links)
        rows = find_rows(kb.connection, ids.values())
        return {row: rows[id_] for row, id_ in ids.items() if id_ in rows}

    def names_in(self, kb: KnowledgeBase) -> Counter[tuple[str, str]]:
        """How often its training counted a (surface, entity), of entities that another base has."""
        if self.linker is None:
            return Counter()
        links = links_of_training(self.linker.lookup.kb.connection)
        known = find_rows(kb.connection, {entity for _, entity in links})
        return Counter({pair: n for pair, n in links.items() if pair[1] in known})

    def counts_with(self, counts: TrainingCounts, rows: Mapping[int, int]) -> TrainingCounts:
        """Counts of training documents, with those of this model's training.

        Of two counts the larger one counts: the documents may be the same. `NIL` is taken over for
        names that the model's base has. What it did not know at all, another base may well have.

        Args:
            counts: The counts of the new documents.
            rows: As `rows_in` gives them.
        """
        if self.linker is None:
            return counts
        before = self.linker.counts
        links, nil = Counter(counts.links), Counter(counts.nil)
        links |= Counter({new: before.links[old] for old, new in rows.items()})
        known = find_keys(self.linker.lookup.kb.connection, before.nil)
        nil |= Counter({key: before.nil[key] for key in sorted(known)})
        return replace(counts, links=links, nil=nil)

    def begin(self, model: JointModel, rows: Mapping[int, int]) -> None:
        """Give a new model this model's weights.

        Raises:
            ConfigError: The transformer is to be frozen, but learnt with shapes that would go.
        """
        if self.model.encoder.shape_inputs is not None and model.encoder.shape_inputs is None:
            raise ConfigError(
                f"encoder.freeze = true, but training starts from {self.start.name}, whose "
                "transformer learnt to read shapes of tokens, which a frozen one does not. Take "
                "encoder.freeze out; a low training.learning_rate changes the transformer little."
            )
        take_weights(model, self.model, rows)

    def told(self, model: JointModel, learnt: Sequence[str], rows: Mapping[int, int]) -> list[str]:
        """What a new model has of this one and what it has not, in lines for people.

        Args:
            model: The new model.
            learnt: The labels of the training documents.
            rows: As `rows_in` gives them.
        """
        training = model.config.training
        lines = [
            f"starts from {self.start.name}: {self._parts(model)}",
            f"rates: training.learning_rate = {training.learning_rate:g}, "
            f"training.head_learning_rate = {training.head_learning_rate:g}",
        ]
        if model.tagger and self.model.tagger:
            lines.append(self._labels_told(model.tagger.labels, learnt))
        if model.linker and self.linker:
            lines.append(self._entities_told(model.linker, rows))
        return lines

    def _parts(self, model: JointModel) -> str:
        encoder = self.start.config.encoder
        changed = [
            f"encoder.{name} = {_toml(getattr(model.config.encoder, name))}, there {_toml(value)}"
            for name, value in encoder
            if getattr(model.config.encoder, name) != value
        ]
        parts = [f"its encoder ({'; '.join([encoder.model, *changed])})"]
        names = {"ner": "tagger", "nel": "linker"}
        parts += [f"its {names[task]}" for task in model.tasks if task in self.start.manifest.tasks]
        parts += [
            f"a new {names[task]}" for task in model.tasks if task not in self.start.manifest.tasks
        ]
        left = [f"not its {names[t]}" for t in self.start.manifest.tasks if t not in model.tasks]
        return ", ".join([*parts, *left])

    def _labels_told(self, labels: Sequence[str], learnt: Sequence[str]) -> str:
        before = self.start.manifest.labels
        kinds = {
            "kept": [label for label in before if label in labels],
            "new": [label for label in labels if label not in before],
            "left out, as no document has them": [one for one in before if one not in labels],
        }
        fading = [label for label in labels if label not in learnt]
        line = "; ".join(f"{kind}: {_first(found)}" for kind, found in kinds.items() if found)
        if fading:
            line += (
                f"; no document has {_first(fading)}: what is not marked teaches that nothing is "
                "there (model.keep_labels = false leaves such labels out)"
            )
        return f"labels {line}"

    def _entities_told(self, linker: Linker, rows: Mapping[int, int]) -> str:
        remembered = set(self.model.linker.counts.links) if self.model.linker else set()
        n_new = len(linker.counts.links) - len(rows)
        line = (
            f"entities that it learnt links to: {len(rows):,} of {len(remembered):,} are in the "
            f"base and keep what was learnt of them; new to it: {number_of(n_new, 'entities')}"
        )
        if lost := sorted(remembered - rows.keys()):
            ids = find_ids(self.model.linker.lookup.kb.connection, lost)  # type: ignore[union-attr]
            line += f"; the base lacks {_first(list(ids.values()) or ['those removed there'])}"
        return line


def find_start(config: Config, output: Path) -> Start | None:
    """The trained model that a configuration names to start from; `None` where it names none.

    Raises:
        ConfigError: It would be overwritten by the model that starts from it.
        StorageError: There is no such model, or its folder is damaged.
    """
    name = config.model.from_
    if name is None:
        return None
    folder = find_model(name)
    if folder.resolve() == output.resolve():
        raise ConfigError(
            f"{output} is the model that training starts from, and would be overwritten. Choose "
            "another output."
        )
    manifest = read_manifest(folder)
    trained = load_config(folder / "config.toml", is_saved=True)
    return Start(name, folder, trained, manifest)


def _first(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN])
    return f"{shown}, … ({len(names):,})" if len(names) > _SHOWN else shown


def _toml(value: Any) -> str:
    """A value as a TOML file has it, nearly."""
    if isinstance(value, tuple):
        return json.dumps(list(value))
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False)
