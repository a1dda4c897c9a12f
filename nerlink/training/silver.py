"""Training on documents that a dictionary marked; in rounds that better the marks, if asked for.

A round trains a model on each half of the documents, and each model looks at the half that it has
not learnt: where it has, it would only repeat the dictionary. Two halves cost the steps of one
training. Mentions that a model is sure of join the marks, marks that it is sure are none leave.
Each round begins at the dictionary's own marks again, so that what a model got wrong in one round
is handed on by what the next one learns alone. A last training, on all documents, gives the model.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from random import Random
from typing import Any, Final

from nerlink.config import Config, DataConfig, dump_config
from nerlink.corpora.entries import read_entries
from nerlink.data import Document
from nerlink.errors import ConfigError, DataError, NerlinkError
from nerlink.files import replaced_whole
from nerlink.models.storage.folder import amend_manifest, check_target, is_model, read_manifest
from nerlink.models.storage.replacing import locked, replacing, writing
from nerlink.pipeline import Pipeline
from nerlink.sources import read, write
from nerlink.sources.check import check_documents
from nerlink.training.data import Parts, dev_documents
from nerlink.training.first_links import link_names
from nerlink.training.refine import Refinement, refine
from nerlink.training.reporting import AGREEMENT, Reporter
from nerlink.training.train import TrainingResult, differences, digest_of, of_start, train
from nerlink.training.warm import Start, find_start
from nerlink.words import number_of

__all__ = ["MOST_ROUNDS", "SilverOptions", "SilverResult", "silver_config", "train_silver"]

MOST_ROUNDS: Final = 3
FEW: Final = 20
"""Documents from which on some are held out."""

N_EXAMPLES: Final = 4
"""Mentions that joined and that left to show of each round."""

STEPS: Final = 40
"""Steps of an epoch that small corpora get, at least, where steps are not set."""

DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "training": {"epochs": 3, "patience": 1},
    "linker": {"candidate_dropout": 0.1},
}
"""Options that have other defaults here.

Models of silver documents get worse once they know the dictionary by heart, so they stop early:
five epochs find the borders of AIDA worse than three. A dictionary marks no `NIL`; it is
learnt from mentions that lose their candidate.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SilverOptions:
    """How silver documents are trained on.

    Args:
        rounds: Rounds before the last training, 0 to 3; each costs as many steps as that one. No
            corpus that was tried gains by them (experiments/cold-start).
        confident: Probability from which a model is sure.
        sure_link: Probability from which the base and the encoder alone are sure of the link of a
            name of several entities, which is learnt then.
        held_out: Share of the silver documents to choose the best epoch on, without gold ones.
        keep: File for the documents as the last training learns them, after the rounds.
    """

    rounds: int = 0
    confident: float = 0.9
    sure_link: float = 0.8
    held_out: float = 0.1
    keep: Path | None = None


@dataclass(frozen=True, kw_only=True)
class SilverResult:
    """The result of training on silver documents.

    Args:
        training: The result of the last training.
        rounds: What each round changed.
        documents: The silver documents that were trained on last.
    """

    training: TrainingResult
    rounds: tuple[Refinement, ...]
    documents: Sequence[Document]


def silver_config(config: Config | None = None, silver: Iterable[Document] = ()) -> Config:
    """A configuration with the defaults of silver training where it sets nothing itself.

        silver_config(Config(kb={"path": "firms.sqlite"}), documents)

    Args:
        config: The configuration; all defaults if not given.
        silver: The documents; of few, steps are made small enough to learn anything.
    """
    config = config or Config()
    n_tokens = sum(len(doc.text) for doc in silver) // 5
    most = type(config.training).model_fields["batch_tokens"].default
    small = {"batch_tokens": max(100, min(most, n_tokens // STEPS))} if n_tokens else {}
    defaults = DEFAULTS | {"training": DEFAULTS["training"] | small}
    sections = {}
    for name, values in defaults.items():
        section = getattr(config, name)
        new = {key: v for key, v in values.items() if key not in section.model_fields_set}
        sections[name] = section.model_copy(update=new)
    return config.model_copy(update=sections)


def train_silver(
    config: Config,
    output: str | Path,
    *,
    silver: Iterable[Document],
    dev: Iterable[Document] | None = None,
    options: SilverOptions | None = None,
    reporter: Reporter | None = None,
) -> SilverResult:
    """Train a model on documents that a dictionary marked, beside those of a configuration.

        config = silver_config(Config(kb={"path": "firms.sqlite"}), silver)
        train_silver(config, "m0", silver=silver, dev=gold).training.pipeline("Acme grew.")

    An interrupted run goes on where it was: a round that is done is not done again.

    Args:
        config: The whole configuration; its own documents, gold ones, are trained on as well.
        output: Folder of the model; `output/silver` holds the rounds meanwhile.
        silver: Incomplete documents, as `nerlink annotate` writes them. Complete ones among them
            are trained on as they are.
        dev: Gold documents to choose the best epoch on, in place of those of the configuration.
            Without any, some silver ones are held out, and scores are agreement with the
            dictionary.
        options: Rounds, and what they hold for sure.
        reporter: Called as the run goes on.

    Raises:
        ConfigError: As `train`; an option has a value that cannot be; several processes would do
            rounds.
        DataError: As `train`; nothing is marked, or no mark has a label.
        StorageError: As `train`.
    """
    options, reporter = options or SilverOptions(), reporter or Reporter()
    output, silver = Path(output), list(check_documents(silver, what="silver"))
    _check_options(options)
    _check_silver(silver, config)
    check_target(output)
    start = find_start(config, output)  # what is wrong with it is said before the rounds
    if "ner" not in config.tasks and options.rounds:
        reporter.note("no rounds: a model that does not find mentions cannot better the marks")
        options = replace(options, rounds=0)
    dev = dev_documents(config, dev)
    gold = read_entries(config.data, "train")
    links = _with_base(config, start)
    silver = link_names(links, silver, gold, confident=options.sure_link, reporter=reporter)
    silver, dev = _held_out(silver, dev, config.seed, options.held_out, reporter)
    if options.rounds and sum(map(_has_labels, silver)) < 2:
        reporter.note("no rounds: each half needs a document with a labelled mention")
        options = replace(options, rounds=0)
    run = _Rounds(config, output, silver, dev, options, reporter)
    with run.held(start):
        documents = run.go()
        if options.keep and run.is_first:
            write(documents, options.keep)
        result = train(config, output, train=run.parts(documents), dev=dev, reporter=reporter)
        if run.is_first:
            _record(output, run)
            shutil.rmtree(run.folder)
    return SilverResult(training=result, rounds=tuple(run.changes), documents=documents)


def _with_base(config: Config, start: Start | None) -> Config:
    """A configuration that names the base and the encoder which `train` will take."""
    if start is None:
        return config
    fitted, base = of_start(start, config, None)
    if base is None:
        return fitted
    return fitted.model_copy(update={"kb": fitted.kb.model_copy(update={"path": Path(base)})})


def _check_options(options: SilverOptions) -> None:
    """Refuse values that cannot be, and rounds in several processes."""
    if not 0 <= options.rounds <= MOST_ROUNDS:
        raise ConfigError(
            f"rounds is {options.rounds}; it must be 0 to {MOST_ROUNDS}: models that learn from "
            "what they marked themselves drift."
        )
    for name in ("confident", "sure_link", "held_out"):
        if not 0 < (value := getattr(options, name)) < 1:
            raise ConfigError(f"{name} is {value}; it must be between 0 and 1.")
    if options.rounds and int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise ConfigError(
            "rounds mark the documents between trainings, which one process does. Start it without "
            "torchrun or accelerate, or train without rounds: --rounds 0."
        )


def _check_silver(silver: Sequence[Document], config: Config) -> None:
    """Refuse documents that teach nothing, and say what to do."""
    marks = [mention for doc in silver for mention in doc.mentions]
    documents = number_of(len(silver), "silver documents")
    if not marks:
        raise DataError(
            f"none of the {documents} has a mention. nerlink annotate KB TEXTS marks the names of "
            "a knowledge base; if it finds none, the texts have other names."
        )
    if all(doc.complete for doc in silver):
        raise DataError(
            f'none of the {documents} is marked "complete": false, so they are taken for gold. '
            "Mark them, as nerlink annotate does, or train on them as [[data]] of a configuration."
        )
    if "ner" in config.tasks and not any(mention.label for mention in marks):
        raise DataError(
            f"none of the {number_of(len(marks), 'mentions')} of the {documents} has a label: the "
            "entities of the base have no type, or its types were given none. Run nerlink annotate "
            "again with a label for entities without a type, such as --label =ENT; or set tasks = "
            '["nel"] to link given mentions only.'
        )


def _has_labels(doc: Document) -> bool:
    return any(mention.label for mention in doc.mentions)


def _held_out(
    silver: list[Document],
    dev: list[Document],
    seed: int,
    share: float,
    reporter: Reporter,
) -> tuple[list[Document], list[Document]]:
    """Documents to learn from and documents to score on: gold ones, or else some silver ones."""
    asked = "Annotate some documents throughout and pass them as --dev gold.jsonl"
    if dev:
        return silver, dev
    places = [n for n, doc in enumerate(silver) if not doc.complete]
    if len(places) < FEW:
        reporter.note(f"no gold dev documents, and few silver ones: nothing is scored. {asked}")
        return silver, []
    drawn = set(Random(f"{seed} dev").sample(places, max(1, round(share * len(places)))))  # noqa: S311
    kept = [doc for n, doc in enumerate(silver) if n not in drawn]
    held = [silver[n] for n in sorted(drawn)]
    reporter.note(
        f"no gold dev documents: {number_of(len(held), 'silver documents')} are held out, and "
        f"scores are {AGREEMENT}, not how often the model is right. {asked}"
    )
    return kept, held


class _Rounds:
    """The rounds of a run, each done once whatever ends the run.

    Args:
        config: The whole configuration.
        output: The folder of the model.
        silver: The documents as the dictionary marked them.
        dev: Documents to choose the best epoch on.
        options: Rounds, and what they hold for sure.
        reporter: Called as the run goes on.
    """

    def __init__(
        self,
        config: Config,
        output: Path,
        silver: Sequence[Document],
        dev: Sequence[Document],
        options: SilverOptions,
        reporter: Reporter,
    ) -> None:
        self.config = config
        self.folder = output / "silver"
        self.gold = read_entries(config.data, "train")  # none, where only dev is named
        self.silver = silver
        self.dev = dev
        self.options = options
        self.reporter = reporter
        self.changes: list[Refinement] = []
        self.is_first = os.environ.get("RANK", "0") == "0"

    def parts(self, documents: Sequence[Document]) -> Parts:
        """The documents of a training: gold ones of the configuration, and silver ones."""
        return Parts([*self.gold, (documents, DataConfig())])

    @contextmanager
    def held(self, start: Start | None) -> Iterator[None]:
        """The folder of the rounds, held against other runs.

        Args:
            start: The trained model that all trainings start from.

        Raises:
            ConfigError: Another process uses it, or it has rounds of another run or other files.
        """
        if not self.is_first:
            yield
            return
        with writing(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
        with locked(self.folder, waits=False) as is_mine:
            if not is_mine:
                raise ConfigError(
                    f"{self.folder.parent}: another process trains here. Let it finish, or choose "
                    "another output."
                )
            self._check_same(start)
            try:
                yield
            except NerlinkError:
                if [path.name for path in self.folder.iterdir()] == ["config.toml"]:
                    shutil.rmtree(self.folder)  # a run that was refused leaves nothing
                    if not any(self.folder.parent.iterdir()):
                        self.folder.parent.rmdir()
                raise

    def _check_same(self, start: Start | None) -> None:
        """Refuse rounds of another run; write down which run this is."""
        chosen = {"confident": self.options.confident, "held_out": self.options.held_out}
        digest = digest_of(self.parts(self.silver), self.dev, None, start)
        run_is = f"{dump_config(self.config)}# {json.dumps(chosen)} documents {digest}\n"
        written = self.folder / "config.toml"
        if not written.is_file():
            names = (path.name for path in self.folder.iterdir())
            if found := sorted(name for name in names if name[0] != "."):
                raise ConfigError(
                    f"{self.folder} is for the rounds of a run, which end with its removal, but "
                    f"has {found[0]!r}. Move your files elsewhere, or choose another output."
                )
            with writing(written), replaced_whole(written) as partial:
                partial.write_text(run_is, "utf-8")
        elif (before := written.read_text("utf-8")) != run_is:
            raise ConfigError(
                f"{self.folder} holds an unfinished run with {differences(before, run_is)}. "
                "Finish that one, delete the folder to give it up, or choose another output."
            )

    def go(self) -> Sequence[Document]:
        """Do the rounds that are not done; the documents as the last one leaves them."""
        documents = self.silver
        for number in range(1, self.options.rounds + 1):
            documents = self._round(number, documents)
            self.reporter.note(f"round {number}: {self.changes[-1]}")
        return documents

    def _round(self, number: int, documents: Sequence[Document]) -> Sequence[Document]:
        """The documents as a round leaves them."""
        marked = self.folder / f"round-{number}.jsonl"
        record = marked.with_suffix(".json")  # written last: with it, the round is done
        if not record.is_file():
            changes, by_place = Refinement(), dict[int, Document]()
            order = list(range(len(documents)))
            Random(f"{self.config.seed} round {number}").shuffle(order)  # noqa: S311
            order.sort(key=lambda place: not _has_labels(documents[place]))  # some for each half
            halves = [sorted(order[::2]), sorted(order[1::2])]
            for name, learnt, other in zip("ab", halves, halves[::-1], strict=True):
                folder = self.folder / f"round-{number}-{name}"
                if not is_model(folder):
                    self.reporter.note(
                        f"round {number} of {self.options.rounds}: learning from "
                        f"{number_of(len(learnt), 'documents')} to look at the other {len(other):,}"
                    )
                    parts = self.parts([documents[place] for place in learnt])
                    train(self.config, folder, train=parts, dev=self.dev, reporter=self.reporter)
                by_place |= self._looked_at(folder, other, changes)
            write([by_place[place] for place in range(len(documents))], marked)
            with writing(record), replaced_whole(record) as partial:
                partial.write_text(json.dumps(asdict(changes)), "utf-8")
            for name in "ab":
                shutil.rmtree(self.folder / f"round-{number}-{name}")
        self.changes.append(Refinement(**json.loads(record.read_text("utf-8"))))
        return read(marked, unique_ids=False)

    def _looked_at(
        self, folder: Path, places: Sequence[int], changes: Refinement
    ) -> dict[int, Document]:
        """The documents of some places as a model changes the dictionary's marks in them."""
        found = Refinement()
        pipeline = Pipeline.load(folder, device=self.config.training.device)
        open_ = [place for place in places if not self.silver[place].complete]
        refined = refine(
            pipeline.model,
            (self.silver[place] for place in open_),
            found,
            confident=self.options.confident,
            n_examples=N_EXAMPLES,
        )
        by_place = {place: self.silver[place] for place in places}
        for n_done, (place, doc) in enumerate(zip(open_, refined, strict=True), start=1):
            by_place[place] = doc
            self.reporter.marked(n_done, len(open_))
        if pipeline.kb:
            pipeline.kb.close()
        changes.add(found, n_examples=N_EXAMPLES)
        return by_place


def _record(output: Path, run: _Rounds) -> None:
    """Write into the model's manifest how its documents were marked."""
    counts = [
        {name: n for name, n in asdict(change).items() if name.startswith("n_")}
        for change in run.changes
    ]
    said = {"documents": len(run.silver), "rounds": counts}
    trained_on = read_manifest(output).trained_on | {"silver": said}
    with replacing(output) as partial:
        amend_manifest(output, partial, {"trained_on": trained_on})
