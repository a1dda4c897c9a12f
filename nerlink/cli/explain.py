"""`nerlink explain`: why the mentions of a text are linked as they are."""

from typing import Annotated

from typer import Argument, Option

from nerlink.cli.options import Device, Model, Precision, load_pipeline
from nerlink.cli.output import show

__all__ = ["explain"]


def explain(
    model: Model,
    text: Annotated[str, Argument(metavar="TEXT", help="The text to tag.")],
    *,
    mention: Annotated[
        str | None, Option(metavar="SURFACE", help="Explain only the mentions with this surface.")
    ] = None,
    options: Annotated[
        int, Option(min=1, metavar="N", help="Number of entities shown, the likeliest first.")
    ] = 5,
    device: Device = "auto",
    precision: Precision = "auto",
) -> None:
    """Tag a text and show the parts of each candidate's score."""
    from nerlink.errors import DataError

    pipeline = load_pipeline(model, device=device, precision=precision)
    doc = pipeline(text)
    found = [m for m in doc.mentions if mention in (None, doc.surface(m))]
    if not found:
        surfaces = ", ".join(repr(doc.surface(m)) for m in doc.mentions) or "none"
        raise DataError(
            f"no mention {mention!r} was found in the text. Found: {surfaces}."
            if mention
            else "no mention was found in the text."
        )
    for one in found:
        why = pipeline.explain(doc, one)
        show(why.table(options))
        named = [o for o in why.options[:options] if o.name != o.entity]
        if named:
            show("; ".join(f"{o.entity} is {o.name}" for o in named))
        show()
