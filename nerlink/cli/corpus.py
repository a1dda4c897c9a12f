"""`nerlink corpus`: the corpora nerlink knows, fetched and made from their public files."""

from pathlib import Path
from typing import Annotated

import typer

from nerlink.cli.output import say, write_record

__all__ = ["corpus"]

Name = Annotated[
    str,
    typer.Argument(
        metavar="NAME", help="Name of the corpus, as in `corpus list`, or a folder with its card."
    ),
]

corpus = typer.Typer(
    no_args_is_help=True,
    epilog="Example: nerlink corpus build mercury --from corpora/mercury",
    help="List the corpora that nerlink knows, fetch and build them from their public files.",
)


@corpus.command("list", epilog="Example: nerlink corpus list")
def list_() -> None:
    """List the corpora with a card, as JSON lines."""
    from nerlink.corpora import list_cards

    for card in list_cards():
        write_record(
            {
                "name": card.name,
                "title": card.title,
                "language": card.language,
                "licence": card.licence,
            }
        )


@corpus.command(epilog="Example: nerlink corpus fetch wnut17 --output downloads")
def fetch(
    name: Name,
    *,
    output: Annotated[
        Path | None, typer.Option(help="Folder to keep them in, instead of the user's cache.")
    ] = None,
) -> None:
    """Fetch a corpus's public files, those that are not there yet, and check them."""
    from nerlink.corpora.cards import find_card_folder, read_card
    from nerlink.corpora.downloads import fetch as fetch_files

    card = read_card(find_card_folder(name))
    folder = fetch_files(card, folder=output)
    say(f"{folder}: {len(card.files)} files")


@corpus.command(epilog="Example: nerlink corpus build wnut17 --from downloads")
def build(
    name: Name,
    *,
    source: Annotated[
        Path | None,
        typer.Option("--from", help="Folder of its files; else beside its card, or fetched."),
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="Folder to make, instead of where it is found by name.")
    ] = None,
    verify: Annotated[
        bool, typer.Option(help="Refuse files that are not those the card means.")
    ] = True,
) -> None:
    """Check a corpus's public files and turn them into JSON lines."""
    from nerlink.corpora import build_corpus

    folder = build_corpus(name, source=source, output=output, verify=verify)
    say(f"{folder}: built")
