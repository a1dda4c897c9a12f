"""`train`: a configuration and documents in, a model folder out."""

import hashlib
import shutil
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.state import AcceleratorState, is_initialized
from accelerate.utils import set_seed

from nerlink.config import Config, DataConfig, TrainingConfig, dump_config
from nerlink.corpora.knowledge import make_knowledge_base, names_entities
from nerlink.data import Document
from nerlink.errors import ConfigError
from nerlink.evaluation import evaluate
from nerlink.kb import KnowledgeBase
from nerlink.kb.store.edit import count_training, names_of_training
from nerlink.models.annotate import links_seen
from nerlink.models.build import build_model
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.encoder.fast.devices import choose_device
from nerlink.models.encoder.fast.precision import choose_precision
from nerlink.models.joint import JointModel
from nerlink.models.linker.counts import TrainingCounts
from nerlink.models.storage.folder import check_target
from nerlink.models.storage.model import save_model
from nerlink.models.storage.replacing import writing
from nerlink.pipeline import Pipeline
from nerlink.toml import flatten
from nerlink.training.advice import Trained, advise
from nerlink.training.checkpoint import CHECKPOINT, hold_folder
from nerlink.training.data import (
    Parts,
    Summary,
    TrainingSet,
    candidates_outside,
    check_reach,
    count_links,
    dev_documents,
    summarise,
    training_parts,
    training_set,
    within,
)
from nerlink.training.notes import has_links, notes_on, outside_note, reach
from nerlink.training.reporting import Reporter, named_scores
from nerlink.training.run import Run, answer_documents, deciding_score
from nerlink.training.warm import Start, find_start

__all__ = [
    "TrainingResult",
    "differences",
    "digest_of",
    "of_start",
    "open_accelerator",
    "train",
]


@contextmanager
def open_accelerator(config: TrainingConfig) -> Iterator[Accelerator]:
    """The accelerator of a run; device and precision are free to choose again afterwards.

    Raises:
        ConfigError: The device or the precision cannot be used here.
    """
    device = choose_device(config.device)
    precision = choose_precision(config.precision, device)
    if device.type == "cuda" and device.index is not None:
        torch.cuda.set_device(device)
    is_ours = not is_initialized()
    accelerator = Accelerator(
        cpu=device.type == "cpu",
        mixed_precision="no" if precision == "fp32" else precision,
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)],
    )
    try:
        yield accelerator
    finally:
        if is_ours:
            # accelerate keeps device and precision for the whole process, and has no public
            # function to forget them.
            AcceleratorState._reset_state(reset_partial_state=accelerator.num_processes == 1)


@dataclass(frozen=True, kw_only=True)
class TrainingResult:
    """The result of a training run.

        train(config, "my-model", train=documents).pipeline("Ada met Babbage.")

    Args:
        folder: The folder of the model.
        scores: Scores of the saved model on the development documents; where these are incomplete,
            each name begins with `agreement with the dictionary`.
        best_epoch: The epoch of the saved weights, counted from 1.
        history: Loss, scores and seconds of each epoch.
        summary: The training data, counted.
        advice: What holds the scores back most, and which option to try, a line each.
    """

    folder: Path
    scores: Mapping[str, float]
    best_epoch: int
    history: Sequence[Mapping[str, Any]]
    summary: Summary
    advice: tuple[str, ...] = ()

    @cached_property
    def pipeline(self) -> Pipeline:
        """The model at work, loaded from the folder when first asked for.

        Raises:
            StorageError: The folder was changed or removed since.
        """
        return Pipeline.load(self.folder)


def train(
    config: Config,
    output: str | Path,
    *,
    train: Sequence[Document] | Parts | None = None,
    dev: Sequence[Document] | None = None,
    kb: str | Path | None = None,
    reporter: Reporter | None = None,
) -> TrainingResult:
    """Train a model and save it; an interrupted run goes on where its checkpoint was written.

        Config(model={"from": "my-model"})  # goes on from a trained model, which must stay
                                            # where it is until the run has ended

    Args:
        config: The whole configuration.
        output: Folder of the model; `output/training` holds the checkpoint meanwhile.
        train: Documents to learn from, in place of those of the configuration.
        dev: Documents to choose the best epoch on, in place of those of the configuration.
        kb: Path of a knowledge base, in place of that of the configuration.
        reporter: Called as the run goes on, in the first of several processes; `Terminal()` shows
            a progress bar.

    Raises:
        ConfigError: The configuration does not fit, an interrupted run in `output` used another
            configuration, or another process trains there.
        DataError: A document cannot be used, or there is nothing to learn.
        StorageError: The model would replace files of `output` that do not belong to a model, or
            the model to start from cannot be read.
    """
    _check_arguments(config, kb)
    check_target(Path(output))
    if start := find_start(config, Path(output)):
        config, kb = of_start(start, config, kb)
    parts, dev = training_parts(config, train), dev_documents(config, dev)
    data = training_set(parts, tasks=config.tasks, piece_tokens=config.training.batch_tokens)
    folder = Path(output) / "training"
    with open_accelerator(config.training) as accelerator, ExitStack() as stack:
        if accelerator.is_main_process:
            stack.enter_context(hold_folder(folder))
        run_is = dump_config(config) + f"# documents {digest_of(parts, dev, kb, start)}\n"
        resumes = _open_folder(folder, run_is, accelerator)
        set_seed(config.seed)
        base, lost = None, Counter[str]()
        linked = [doc for docs, e in parts if not e.tasks or "nel" in e.tasks for doc in docs]
        if "nel" in config.tasks:
            base = _base(config, kb, folder, linked, is_new=not resumes, accelerator=accelerator)
            stack.callback(base.close)
            data, lost = within(data, base), candidates_outside(data, base)
        summary, model = _prepare(
            config, data, base, start, is_new=not resumes, accelerator=accelerator
        )
        notes = notes_on(parts, dev, data, batch_tokens=config.training.batch_tokens, lost=lost)
        summary = _with_notes(summary, notes, model, dev=dev, linked=linked)
        if config.encoder.store == "memory":
            stack.enter_context(model.encoder.keep_vectors())
        reporter = reporter if reporter and accelerator.is_main_process else Reporter()
        run = Run(model, data, dev, folder=folder, accelerator=accelerator, reporter=reporter)
        _go(run, summary, resumes=resumes)
        result = _result(run, summary, Path(output))
        if accelerator.is_main_process:
            _save(model, result)
            for line in result.advice:
                reporter.note(line)
        _leave(run)
    return result


def _check_arguments(config: Any, kb: Any) -> None:
    """Refuse a file of a configuration or an open knowledge base, and say what to pass."""
    if not isinstance(config, Config):
        raise ConfigError(
            f"config is a {type(config).__name__}. nerlink.load_config(path) reads a file, "
            "nerlink.Config(**values) takes values."
        )
    if not isinstance(kb, str | Path | None):
        raise ConfigError(
            f"kb is a {type(kb).__name__}; pass the path of a knowledge base. "
            "nerlink.KnowledgeBase.create(path, table) makes one of a table."
        )


def of_start(
    start: Start, config: Config, kb: str | Path | None
) -> tuple[Config, str | Path | None]:
    """Configuration and base of a run, those of the model it starts from where none is named."""
    config = start.fitted(config)
    has_base = kb is not None or names_entities(config)
    return config, kb if has_base else start.base


def _go(run: Run, summary: Summary, *, resumes: bool) -> None:
    """Train to the end, with reports."""
    run.reporter.begin(summary, run.updates_before[-1])
    try:
        if resumes:
            run.resume()
            done = run.progress
            run.reporter.note(f"going on after epoch {done.epoch}, step {done.batch}")
        run.go()
    except KeyboardInterrupt:
        run.reporter.note(run.place())
        raise
    finally:
        run.reporter.end()


def _leave(run: Run) -> None:
    """Remove the folder of a run that has ended."""
    run.accelerator.wait_for_everyone()
    if run.accelerator.is_main_process:
        run.checkpoint.unlink(missing_ok=True)  # first of all: a later run must not go on from it
        shutil.rmtree(run.folder)
    run.accelerator.wait_for_everyone()


def digest_of(
    parts: Iterable[tuple[Sequence[Document], DataConfig]],
    dev: Iterable[Document],
    kb: str | Path | None,
    start: Start | None = None,
) -> str:
    """A digest of documents, knowledge base's path and start, to tell one run from another."""
    digest = hashlib.sha256(str(kb).encode())
    digest.update(start.identity.encode() if start else b"")
    for doc in chain(*(documents for documents, _ in parts), dev):
        digest.update(repr((doc.id, doc.text, doc.mentions, doc.tokens, doc.sentences)).encode())
        digest.update(b"" if doc.complete else b"incomplete")
    return digest.hexdigest()


def _open_folder(folder: Path, run_is: str, accelerator: Accelerator) -> bool:
    """Make the folder of a run; whether the folder has a checkpoint of the run.

    Args:
        folder: The folder.
        run_is: Configuration of the run and digest of its documents.
        accelerator: The accelerator, whose first process writes.

    Raises:
        ConfigError: The folder has a checkpoint of another run.
    """
    written = folder / "config.toml"
    has_checkpoint = (folder / CHECKPOINT).is_file()
    if has_checkpoint and (before := written.read_text("utf-8")) != run_is:
        raise ConfigError(
            f"{folder} holds an unfinished run with {differences(before, run_is)}. "
            "Finish that one, delete the folder to give it up, or choose another output."
        )
    if accelerator.is_main_process and not has_checkpoint:
        with writing(written):
            folder.mkdir(parents=True, exist_ok=True)
            written.write_text(run_is, "utf-8")
    accelerator.wait_for_everyone()
    return has_checkpoint


def differences(before: str, now: str) -> str:
    """What tells two runs apart: keys with both values, or else their documents."""
    old, new = (dict(flatten(tomllib.loads(text))) for text in (before, now))
    changed = [key for key in {**old, **new} if old.get(key) != new.get(key)]
    if not changed:
        start = ", or another model to start from" if "model.from" in new else ""
        return f"other documents or another knowledge base{start}"
    values = [[repr(side.get(key)) for side in (old, new)] for key in changed]
    return "another configuration: " + ", ".join(
        f"{key} = {was}, now {is_now}" for key, (was, is_now) in zip(changed, values, strict=True)
    )


def _base(
    config: Config,
    kb: str | Path | None,
    folder: Path,
    documents: Sequence[Document],
    *,
    is_new: bool,
    accelerator: Accelerator,
) -> KnowledgeBase:
    """The knowledge base in the run's folder, made by the first process if the run is new."""
    path = folder / "kb.sqlite"
    if is_new and accelerator.is_main_process:
        if kb is not None:
            config = config.model_copy(update={"kb": config.kb.model_copy(update={"path": kb})})
        make_knowledge_base(config, path, documents).close()
    accelerator.wait_for_everyone()
    return KnowledgeBase.open(path, read_only=False)


def _prepare(
    config: Config,
    data: TrainingSet,
    base: KnowledgeBase | None,
    start: Start | None,
    *,
    is_new: bool,
    accelerator: Accelerator,
) -> tuple[Summary, JointModel]:
    """The counted training data, and a model as it is before the first step.

    Links are counted into the base. The summary has notes on what a trained model gave.
    """
    summary = summarise(data, base)
    with start.loaded() if start else nullcontext() as learnt:
        counts, rows = TrainingCounts(), dict[int, int]()
        if base is not None:
            check_reach(data.examples, base)
            links, nil = count_links(data.examples, base)
            linked: Counter[int] = Counter()
            for (_, entity), count in links.items():
                linked[base.row(entity)] += count
            earlier = learnt.names_in(base) if learnt else {}
            accelerator.wait_for_everyone()
            names = _count_into((earlier, links), base, is_new=is_new, accelerator=accelerator)
            counts = TrainingCounts(links=linked, nil=nil, new_names=names)
            if learnt:
                rows = learnt.rows_in(base)
                counts = learnt.counts_with(counts, rows)
        if learnt is None:
            encoder = WindowEmbeddings(config.encoder)
            labels = data.labels
        else:
            encoder = WindowEmbeddings(config.encoder, folder=learnt.start.folder / "encoder")
            labels = learnt.start.labels(data.labels, keeps=config.model.keep_labels)
        model = build_model(config, encoder, labels=labels, kb=base, counts=counts)
        if learnt:
            learnt.begin(model, rows)
            summary = replace(summary, notes=tuple(learnt.told(model, data.labels, rows)))
    return summary, model


def _with_notes(
    summary: Summary,
    notes: Sequence[str],
    model: JointModel,
    *,
    dev: Sequence[Document],
    linked: Sequence[Document],
) -> Summary:
    """The summary with what may be wrong, and with the recall of candidates if the model links.

    Recall is that of development documents, if they have links: every training document brought
    its names into the base by then.
    """
    if (linker := model.linker) is None:
        return replace(summary, notes=(*summary.notes, *notes))
    kb = linker.lookup.kb
    documents, name = (dev, "dev") if has_links(dev) else (linked, "train")
    found = reach(documents, kb, linker.lookup.generator, model.config.kb)
    return replace(
        summary,
        notes=(*summary.notes, *outside_note(dev, kb), *notes),
        recall=found.recall if found.n_mentions else {},
        recall_on=name,
    )


def _count_into(
    counted: Iterable[Mapping[tuple[str, str], int]],
    base: KnowledgeBase,
    *,
    is_new: bool,
    accelerator: Accelerator,
) -> dict[tuple[str, int], int]:
    """The names that the base knows from training alone, after links are counted into it."""
    if is_new and accelerator.is_main_process:
        with base.change() as connection:
            for links in counted:
                count_training(connection, links)
    accelerator.wait_for_everyone()
    return names_of_training(base.connection)


def _result(run: Run, summary: Summary, output: Path) -> TrainingResult:
    """What a run that has ended came to."""
    model, history = run.model, run.progress.history
    gold, found = answer_documents(model, run.dev)
    report = evaluate(gold, found, seen=links_seen(model, gold)) if gold else None
    scores = [deciding_score(model, epoch["scores"]) for epoch in history]
    trained = Trained(
        config=model.config,
        summary=summary,
        scores=[score for score in scores if score is not None],
        losses=[epoch["loss"] for epoch in history],
        n_steps=run.updates_before[len(history)],
        gold=gold,
        found=found,
        report=report,
    )
    lookup = model.linker.lookup if model.linker else None
    is_first = run.accelerator.is_main_process
    return TrainingResult(
        folder=output,
        scores=named_scores(report.scores if report else {}, run.dev),
        best_epoch=run.progress.best_epoch,
        history=[{**epoch, "scores": named_scores(epoch["scores"], run.dev)} for epoch in history],
        summary=summary,
        advice=advise(trained, lookup, run.folder) if is_first else (),
    )


def _save(model: JointModel, result: TrainingResult) -> None:
    """Save the model, with counts of its training data and with its scores."""
    summary = result.summary
    trained_on = {
        "documents": summary.n_documents,
        **({"incomplete": summary.n_incomplete} if summary.n_incomplete else {}),
        "tokens": summary.n_tokens,
        "labels": dict(summary.labels),
        "linked": summary.n_linked,
        "nil": summary.n_nil,
        **({"ambiguous": summary.n_ambiguous} if summary.n_ambiguous else {}),
        "entities": summary.n_entities,
        "epochs": len(result.history),
        "best_epoch": result.best_epoch,
    }
    if model.config.model.from_ is not None:
        trained_on["started_from"] = model.config.model.from_
    save_model(model, result.folder, trained_on=trained_on, scores=result.scores)
