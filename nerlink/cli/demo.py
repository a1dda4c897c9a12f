"""`nerlink demo`: the whole road on a small corpus."""

from pathlib import Path
from typing import Annotated, Final

import typer

from nerlink.cli.models import load_pipeline, log_to_stderr
from nerlink.cli.output import say, write_record
from nerlink.cli.show import names_in

__all__ = ["CORPUS", "TEXT", "demo"]

CORPUS: Final = "tiny-news"
TEXT: Final = (
    "Jordan scored 34 points for the Chicago Bulls on Sunday. "
    "In Amman, ministers of Jordan met guests from Georgia to talk about grain."
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
    from nerlink.training.reporting import Terminal

    log_to_stderr()
    config = Config(data=(DataConfig(corpus=CORPUS),))
    train(config, output / "model", reporter=Terminal())
    pipeline = load_pipeline(output / "model")
    gold = load_split(CORPUS, "test")
    predicted = pipeline(gold)
    say(evaluate(gold, predicted))
    tagged = pipeline(TEXT)
    write_record(record_from_document(tagged))
    names = names_in(pipeline.kb) if pipeline.kb else None
    with open_output(output / "demo.html") as file:
        file.write(to_html([tagged, *predicted], title="nerlink demo", names=names))
    say(f"The model is in {output / 'model'}; look at the documents in {output / 'demo.html'}.")
