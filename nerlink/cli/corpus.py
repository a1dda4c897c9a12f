"""`nerlink corpus`: the corpora nerlink knows, fetched and made from their public files."""

from pathlib import Path
from typing import Annotated

import typer
from typer import Argument, Option

from nerlink.cli.output import say, write_record
from nerlink.words import number_of

__all__ = ["corpus"]

CorpusName = Annotated[
    str,
    Argument(
        metavar="NAME", help="Name of the corpus, as in `corpus list`, or a folder with its card."
    ),
]

corpus = typer.Typer(
    no_args_is_help=True,
    epilog="Example: nerlink corpus build mercury --output built",
    help="List the corpora that nerlink knows; fetch and build them from their public files.",
)


@corpus.command("list", epilog="Example: nerlink corpus list")
def list_() -> None:
    """List the corpora with a card, as JSON lines."""
    from nerlink.corpora import list_cards

    for card in list_cards():
        facts = ("name", "title", "language", "licence")
        write_record({fact: getattr(card, fact) for fact in facts})


@corpus.command(epilog="Example: nerlink corpus fetch wnut17 --output downloads")
def fetch(
    name: CorpusName,
    *,
    output: Annotated[
        Path | None,
        Option(
            "--output", "-o", metavar="DIR", help="Folder for the files; by default, the cache."
        ),
    ] = None,
) -> None:
    """Fetch the public files of a corpus that are not there yet, and check them."""
    from nerlink.corpora.cards import find_card_folder, read_card
    from nerlink.corpora.downloads import fetch as fetch_files

    card = read_card(find_card_folder(name))
    folder = fetch_files(card, folder=output)
    say(f"{folder}: {number_of(len(card.files), 'files')}")


@corpus.command(epilog="Example: nerlink corpus build mercury --output built")
def build(
    name: CorpusName,
    *,
    files: Annotated[
        Path | None,
        Option(
            metavar="DIR",
            help="Folder of the public files; by default, that of the card, else they are fetched.",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        Option(
            "--output", "-o", metavar="DIR", help="Folder to make; by default, where NAME is found."
        ),
    ] = None,
    verify: Annotated[
        bool, Option(help="Refuse files whose checksums or counts are not those of the card.")
    ] = True,
) -> None:
    """Check the public files of a corpus and turn them into JSON lines."""
    from nerlink.corpora import build_corpus

    folder = build_corpus(name, source=files, output=output, verify=verify)
    say(f"{folder}: built")
