"""`nerlink review`: documents on a page, marked, linked and corrected by people."""

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from typer import BadParameter, Option

from nerlink.cli.options import (
    Device,
    Documents,
    InFormat,
    Precision,
    ReadOptions,
    SkipInvalid,
    log_to_stderr,
    read_documents,
)
from nerlink.cli.output import say, show, with_progress
from nerlink.cli.serve import NEEDED, AllowedHosts, Host, Port, Token, check_token
from nerlink.errors import ConfigError

if TYPE_CHECKING:
    from nerlink.serving.settings import ServingSettings

__all__ = ["review"]

Output = Annotated[
    str, Option("--output", "-o", metavar="FILE", help="JSON lines of the documents that are done.")
]
ModelOption = Annotated[
    str | None, Option("--model", metavar="MODEL", help="Proposes mentions and links.")
]
Base = Annotated[
    Path | None,
    Option(
        "--kb",
        metavar="KB",
        help="Base to link to; beside a model, new entities are added to it as well.",
    ),
]
Labels = Annotated[
    list[str] | None,
    Option("--labels", metavar="A,B", help="Labels beside the model's; the first on the keys."),
]
Preset = Annotated[
    Literal["auto", "documents", "model"],
    Option(
        metavar="[auto|documents|model]",
        help="Whose mentions are there at first; by default the document's, else the model's.",
    ),
]
Overlap = Annotated[
    float, Option(metavar="N", help="Documents that two reviewers do: a number, or a share as 0.2.")
]
Lease = Annotated[
    float,
    Option(metavar="SECONDS", help="For which a document is kept for a page that is gone."),
]
AnyBase = Annotated[
    bool,
    Option("--any-base", help="Begin though the base has none of the entities in the documents."),
]
Agree = Annotated[
    Path | None,
    Option(metavar="FILE", help="Show how far the reviewers of FILE agree, and end."),
]


def review(
    documents: Documents = "-",
    *,
    output: Output = "gold.jsonl",
    model: ModelOption = None,
    kb: Base = None,
    labels: Labels = None,
    preset: Preset = "auto",
    overlap: Overlap = 0,
    agreement: Agree = None,
    lease: Lease = 600,
    any_base: AnyBase = False,
    from_: InFormat = None,
    read: ReadOptions = None,
    skip_invalid: SkipInvalid = None,
    host: Host = None,
    port: Port = None,
    allowed_host: AllowedHosts = None,
    token: Token = None,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Review documents on a page: accept, correct and link their mentions, by keys or mouse.

    Each document that is done is in the output at once. The same command goes on where it ended.
    """
    if missing := [name for name in NEEDED if find_spec(name) is None]:
        raise ConfigError(
            f"nerlink review needs {', '.join(missing)}. Install them: pip install 'nerlink[serve]'"
        )
    if agreement is not None:
        _show_agreement(agreement)
        return
    if documents == "-":
        raise BadParameter("name the documents to review: a file, a folder or a pattern.")
    from nerlink.serving.review import run
    from nerlink.serving.review.session import ReviewOptions

    loading = {"device": device, "precision": precision}
    helpers = run.Helpers(model=model, kb=kb, loading=loading)
    run.check_paths(documents, output, helpers)
    options = ReviewOptions(
        labels=tuple(one.strip() for some in labels or () for one in some.split(",")),
        overlap=overlap,
        preset=preset,
        lease=lease,
        any_base=any_base,
    )
    settings = _settings(host=host, port=port, allowed_hosts=allowed_host, token=token)
    found = read_documents(documents, format=from_, skip_invalid=skip_invalid, options=read)
    listed = list(with_progress(found, things="documents"))
    run.review(listed, Path(output), helpers, settings=settings, options=options, say=say)


def _settings(**said: Any) -> "ServingSettings":
    from nerlink.serving.settings import ServingSettings
    from nerlink.toml import check_table

    check_token(said["token"])
    log_to_stderr()
    given = {name: value for name, value in said.items() if value is not None}
    return check_table(ServingSettings, given, where="nerlink review")


def _show_agreement(output: Path) -> None:
    from nerlink.serving.review.agreement import agreement
    from nerlink.serving.review.journal import read_saves

    show(agreement(read_saves(output)))
