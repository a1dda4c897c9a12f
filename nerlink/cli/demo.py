"""`nerlink demo`: the whole road on a small corpus."""

from pathlib import Path
from typing import Annotated, Final

from typer import Option

from nerlink.cli.options import load_pipeline, log_to_stderr
from nerlink.cli.output import say, write_page
from nerlink.words import number_of

__all__ = ["CORPUS", "TEXTS", "demo"]

CORPUS: Final = "tiny-news"
TEXTS: Final = (
    "Jordan scored 34 points as Chicago beat Boston 102-96 on Sunday.",
    "Villages on the Amazon in Brazil were flooded.",
    "Amazon opened a warehouse near Seattle; its shares rose.",
    "Bruno Mars sang in London and Paris.",
    "Paris is a small town in Texas with a red hat on its tower.",
)
"""Not in the corpus; Bruno Mars is an entity that training never shows."""

DEMO_SCORES: Final = {"ner.f1": "NER F1", "linking.inkb.f1": "end-to-end InKB F1"}
NEXT: Final = """\
What to do next:
  open {page}
  nerlink tag {model} mine.txt --output tagged.jsonl
  nerlink kb search {model}/kb.sqlite Jordan
  train on your own DataFrame, as README.md shows\
"""


def demo(
    *,
    output: Annotated[
        Path, Option("--output", "-o", metavar="DIR", help="Folder for the model and the page.")
    ] = Path("demo"),
) -> None:
    """Train a model on a small corpus, score it, tag texts and write a page, in two minutes."""
    from nerlink.config import load_config
    from nerlink.corpora import find_corpus, load_split
    from nerlink.display.html import to_html
    from nerlink.display.terminal import print_document
    from nerlink.evaluation import evaluate
    from nerlink.training import train
    from nerlink.training.reporting import Terminal

    log_to_stderr()
    model, page = output / "model", output / "demo.html"
    train(load_config(find_corpus(CORPUS) / "config.toml"), model, reporter=Terminal())
    pipeline = load_pipeline(str(model))
    gold = load_split(CORPUS, "test")
    predicted = pipeline(gold)
    scores = evaluate(gold, predicted).scores
    headline = ", ".join(f"{title} {scores[name]:.3f}" for name, title in DEMO_SCORES.items())
    say(f"\n{number_of(len(gold), 'test documents')}: {headline}\n")
    tagged = pipeline(TEXTS)
    names = pipeline.kb.name_of if pipeline.kb else None
    for doc in tagged:
        print_document(doc, names=names)
    write_page(to_html([*tagged, *predicted], title="nerlink demo", names=names), page)
    say("\n" + NEXT.format(model=model, page=page))
