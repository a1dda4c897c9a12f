"""`nerlink demo`: the whole road on a small corpus."""

from pathlib import Path
from typing import Annotated, Final

import typer

from nerlink.cli.models import load_pipeline, log_to_stderr
from nerlink.cli.output import say, write_record

__all__ = ["CORPUS", "TEXT", "demo"]

CORPUS: Final = "tiny-news"
TEXT: Final = (
    "Jordan signed for another season before flying to Paris. "
    "Jordan and Georgia opened a joint trade office in Amman."
)


def demo(
    *,
    output: Annotated[Path, typer.Option(help="Folder for the model and the page.")] = Path("demo"),
) -> None:
    """Train on a small corpus, score the model, tag a text, write a page: about two minutes."""
    from nerlink.config import Config, DataConfig
    from nerlink.display import to_html
    from nerlink.evaluation import evaluate
    from nerlink.sources import load_split, record_from_document
    from nerlink.sources.files import open_output
    from nerlink.training import train

    log_to_stderr()
    train(Config(data=(DataConfig(corpus=CORPUS),)), output / "model")
    pipeline = load_pipeline(output / "model")
    gold = load_split(CORPUS, "test")
    predicted = list(pipeline.stream(gold))
    say(evaluate(gold, predicted))
    tagged = pipeline(TEXT)
    write_record(record_from_document(tagged))
    with open_output(output / "demo.html") as file:
        file.write(to_html([tagged, *predicted], title="nerlink demo"))
    say(f"{output / 'model'}: the model; {output / 'demo.html'}: the documents, to look at")
