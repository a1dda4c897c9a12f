"""`nerlink train`: a model from a configuration."""

import json
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer import Argument, BadParameter, Option

from nerlink.cli.options import log_to_stderr, read_documents
from nerlink.cli.output import say, write_record
from nerlink.toml import check_table, flatten, parse_value, set_value

if TYPE_CHECKING:
    from nerlink.config import Config

__all__ = ["overrides_from", "train"]


Base = Annotated[
    Path | None,
    Option(metavar="KB", help="Knowledge base, in place of that of the configuration."),
]
Dev = Annotated[
    str | None,
    Option(metavar="DOCS", help="Gold documents to choose the best epoch and to score on."),
]
Silver = Annotated[
    str | None,
    Option(metavar="DOCS", help="Documents that `nerlink annotate` marked, to learn from."),
]
Rounds = Annotated[
    int | None,
    Option(
        metavar="N",
        help="Rounds in which models better the marks of silver documents, 0 to 3; each takes as "
        "long as a training. By default none.",
    ),
]
Kept = Annotated[
    Path | None,
    Option(
        metavar="FILE", help="File for the silver documents as they are learnt, after the rounds."
    ),
]


def train(
    context: typer.Context,
    config: Annotated[
        str | None,
        Argument(
            metavar="CONFIG.toml",
            help="The configuration of the run; not needed with --silver.",
            show_default=False,
        ),
    ] = None,
    *,
    output: Annotated[
        Path, Option("--output", "-o", metavar="DIR", help="Folder of the model to write.")
    ],
    kb: Base = None,
    dev: Dev = None,
    silver: Silver = None,
    rounds: Rounds = None,
    keep_silver: Kept = None,
) -> None:
    """Train a model; a run that was interrupted goes on from its last checkpoint.

    Any key of the configuration is an option too: --training.epochs 3. With several GPUs:
    torchrun --nproc-per-node 4 -m nerlink train config.toml --output model

    Without annotations: nerlink train --silver silver.jsonl --kb firms.sqlite --output model
    """
    words = [*([] if config is None else [config]), *context.args]
    loaded = _loaded(*_config_and_overrides(words), kb=kb, silver=silver)
    if silver is None and (rounds is not None or keep_silver):
        raise BadParameter("--rounds and --keep-silver go with --silver DOCS.")
    from nerlink.training import SilverOptions, silver_config, train_silver
    from nerlink.training import train as train_model
    from nerlink.training.reporting import Terminal

    log_to_stderr()
    gold = list(read_documents(dev)) if dev else None
    changes: dict[str, Any] = {}
    if silver is None:
        result = train_model(loaded, output, dev=gold, reporter=Terminal())
    else:
        documents = list(read_documents(silver))
        named, loaded = loaded, silver_config(loaded, documents)
        say(f"set for silver documents: {_set(named, loaded)}")
        options = SilverOptions(keep=keep_silver)
        options = options if rounds is None else replace(options, rounds=rounds)
        found = train_silver(
            loaded, output, silver=documents, dev=gold, options=options, reporter=Terminal()
        )
        result, changes = found.training, {"rounds": [asdict(one) for one in found.rounds]}
    if os.environ.get("RANK", "0") == "0":  # torchrun and accelerate start several processes
        scores = {"best_epoch": result.best_epoch, "scores": dict(result.scores)}
        write_record({"model": str(output), **scores, **changes})


def _set(named: "Config", config: "Config") -> str:
    """The options that a configuration has and that were not named, as one would name them."""
    before = dict(flatten(named.model_dump()))
    new = {key: value for key, value in flatten(config.model_dump()) if before.get(key) != value}
    return ", ".join(f"{key} = {value}" for key, value in new.items()) or "nothing"


def _config_and_overrides(words: list[str]) -> tuple[str | None, list[str]]:
    """The file of a configuration, if there is one, and keys with their values.

    The command line knows no key, so that it takes a key or its value for the file.
    """
    config, others = None, []
    rest = iter(words)
    for word in rest:
        if config is None and not word.startswith("--"):
            config = word
            continue
        others.append(word)
        if word.startswith("--") and "=" not in word:
            others += [value for value in [next(rest, None)] if value is not None]
    return config, others


def _loaded(
    config: str | None, arguments: list[str], *, kb: Path | None, silver: str | None
) -> "Config":
    """The configuration of a file or none, with what the command line says instead.

    Raises:
        BadParameter: Nothing says what to train on, or what to link to.
    """
    from nerlink.config import Config, load_config

    overrides = overrides_from(arguments)
    if kb is not None:
        overrides["kb.path"] = json.dumps(str(kb))
    if config is not None:
        return load_config(config, overrides)
    if silver is None:
        raise BadParameter(
            "name a CONFIG.toml, or documents that nerlink annotate marked: --silver."
        )
    if not {"kb.path", "kb.tables", "kb.from_training", "model.from", "tasks"} & overrides.keys():
        raise BadParameter("--silver needs --kb KB, the base whose names are marked.")
    table: dict[str, Any] = {}
    for key, text in overrides.items():
        set_value(table, key, parse_value(text))
    return check_table(Config, table, where="command line")


def overrides_from(arguments: list[str]) -> dict[str, str]:
    """`["--seed", "3", "--training.device=cpu"]` to `{"seed": "3", "training.device": "cpu"}`.

    Raises:
        BadParameter: An option without a value, or a value without an option.
    """
    overrides: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        key, separator, value = argument.removeprefix("--").partition("=")
        if not argument.startswith("--"):
            raise BadParameter(f"{argument!r} belongs to no option.")
        if not separator and (following := next(rest, None)) is None:
            raise BadParameter(f"{argument} needs a value, such as --training.epochs 3.")
        overrides[key] = value if separator else str(following)
    return overrides
