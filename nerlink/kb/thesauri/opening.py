"""Files of thesauri, which are UTF-8 by their standards, and the packages that read them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, BinaryIO, Final

from nerlink.errors import DataError
from nerlink.files import open_binary

__all__ = ["HEAD", "open_utf8", "require"]

HEAD: Final = 1 << 16
_MARK: Final = b"\xef\xbb\xbf"


def require(package: str, *, path: Path) -> Any:
    """A package of `nerlink[ontologies]`.

    Raises:
        DataError: It is not installed.
    """
    try:
        return import_module(package)
    except ImportError as error:
        raise DataError(
            f"{path}: to read thesauri and ontologies, nerlink needs {package}. "
            "Install it: pip install 'nerlink[ontologies]'."
        ) from error


@contextmanager
def open_utf8(path: Path) -> Iterator[tuple[BinaryIO, bytes]]:
    """A file to read, behind its byte order mark, and its first bytes, still to be read.

    Raises:
        DataError: As `open_binary`; or it is in UTF-16 or no text.
    """
    with open_binary(path) as handle:
        head = handle.peek(HEAD)[:HEAD] if isinstance(handle, io.BufferedReader) else b""
        if b"\0" in head[:64]:
            raise DataError(f"{path}: not UTF-8 but UTF-16, or no text. Save the file as UTF-8.")
        if head.startswith(_MARK):
            handle.read(len(_MARK))
        yield handle, head.removeprefix(_MARK)
