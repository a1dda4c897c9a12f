"""Public files of corpora, fetched once, checked and kept."""

import shutil
import tarfile
import zipfile
from pathlib import Path, PurePosixPath
from typing import IO, Final

from nerlink.corpora.cards import Card, File, sha256_of
from nerlink.errors import DataError

__all__ = ["fetch"]

_TAR: Final = (".tar.gz", ".tgz")
_ARCHIVES: Final = (*_TAR, ".zip")
_FAULTS: Final = (OSError, ValueError, KeyError, tarfile.TarError, zipfile.BadZipFile)


def fetch(card: Card, *, folder: str | Path | None = None) -> Path:
    """Fetch the files of a corpus that are not here yet, each checked by its SHA-256.

    A fetch that broke off goes on with the files that are missing; a file is fetched whole.

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
            f"({card.source}) and name their folder: "
            f"nerlink corpus build {card.name} --files FOLDER"
        )
    folder = Path(folder or Path(pooch.os_cache("nerlink")) / "downloads" / card.name)
    for file in card.files:
        try:
            _fetch_file(file, str(file.url), folder)
        except _FAULTS as error:
            reason = " ".join(str(error).split())
            kind = "cannot be fetched" if isinstance(error, OSError) else "is not what was expected"
            raise DataError(
                f"{file.url} {kind}: {reason:.200}. Without a network, get the file elsewhere and "
                f"run: nerlink corpus build {card.name} --files FOLDER"
            ) from error
    return folder


def _fetch_file(file: File, url: str, folder: Path) -> None:
    import pooch

    known = f"sha256:{file.sha256}" if file.sha256 else None
    if not url.endswith(_ARCHIVES) or file.file.endswith(_ARCHIVES):
        pooch.retrieve(url, known_hash=known, fname=file.file, path=folder)
        return
    target = folder / file.file
    if target.is_file() and file.sha256 in ("", sha256_of(target)):
        return
    name = PurePosixPath(url).name
    archive = pooch.retrieve(url, known_hash=None, fname=name, path=folder)
    try:
        _unpack(Path(archive), file, target)
    except _FAULTS:
        Path(archive).unlink()
        raise


def _unpack(archive: Path, file: File, target: Path) -> None:
    """Copy one member of an archive to its place; the archive's own folders above it are left out.

    Raises:
        ValueError: The archive does not hold the file, or it is not the one that is meant.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_name(f".{target.name}.partial")
    try:
        # One member is copied to a place of nerlink's choice: no path in the archive is followed.
        if archive.name.endswith(_TAR):
            with tarfile.open(archive) as tar:
                _copy(tar.extractfile(_member(tar.getnames(), file.file)), partial)
        else:
            with zipfile.ZipFile(archive) as packed:
                _copy(packed.open(_member(packed.namelist(), file.file)), partial)
        if file.sha256 and (found := sha256_of(partial)) != file.sha256:
            raise ValueError(f"{file.file} in it has the SHA-256 {found}, not {file.sha256}")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _member(names: list[str], wanted: str) -> str:
    """The shortest path in an archive that ends in the one wanted."""
    found = [name for name in names if f"/{name.removeprefix('./')}".endswith(f"/{wanted}")]
    if not found:
        raise ValueError(f"it holds no {wanted}, but {', '.join(names[:5])}")
    return min(found, key=len)


def _copy(source: IO[bytes] | None, target: Path) -> None:
    if source is None:
        raise ValueError(f"{target.name} in it is no file")
    with source, target.open("wb") as handle:
        shutil.copyfileobj(source, handle)
