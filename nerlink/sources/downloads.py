"""Public files of corpora, fetched once, checked and kept."""

from pathlib import Path

from nerlink.errors import DataError
from nerlink.sources.cards import Card

__all__ = ["fetch"]


def fetch(card: Card, *, folder: Path | None = None) -> Path:
    """Fetch the files of a corpus that are not here yet, each checked by its SHA-256.

    Args:
        card: Names the files and their addresses.
        folder: Where to keep them; by default in the user's cache.

    Returns:
        The folder with the files.

    Raises:
        DataError: The card has no address for a file, or one cannot be fetched, or it is not
            the file that the card means.
    """
    import pooch

    if missing := [file.file for file in card.files if file.url is None]:
        raise DataError(
            f"The card of {card.name!r} has no address for {', '.join(missing)}. Get the files "
            f"({card.source}) and name their folder: nerlink corpus build {card.name} --from FOLDER"
        )
    folder = folder or Path(pooch.os_cache("nerlink")) / "downloads" / card.name
    for file in card.files:
        known = f"sha256:{file.sha256}" if file.sha256 else None
        try:
            pooch.retrieve(str(file.url), known_hash=known, fname=file.file, path=folder)
        except (OSError, ValueError) as error:
            reason = " ".join(str(error).split())
            kind = "cannot be fetched" if isinstance(error, OSError) else "is not what was expected"
            raise DataError(
                f"{file.url} {kind}: {reason:.200}. Without a network, get the file elsewhere and "
                f"run: nerlink corpus build {card.name} --from FOLDER"
            ) from error
    return folder
