"""XML of strangers, read without what may harm: entities, addresses, endless trees."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from nerlink.errors import DataError
from nerlink.files import open_binary, read_whole

if TYPE_CHECKING:
    from lxml.etree import _Element

__all__ = ["clean_text", "parse_xml", "read_xml"]


def read_xml(path: str | Path) -> "_Element":
    """The root of a file of XML; errors are those of `parse_xml`."""
    with open_binary(path) as handle:
        return parse_xml(read_whole(handle), where=str(path))


def parse_xml(content: bytes, *, where: str) -> "_Element":
    """The root of some XML, whose declaration tells how characters are stored.

    Entities that it declares are not replaced, nothing is loaded from elsewhere, and trees that
    only mean to fill the memory are refused.

    Raises:
        DataError: It is not XML, or uses entities that it declares.
    """
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, dtd_validation=False
    )
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        reason = " ".join(str(getattr(error, "msg", error)).split())
        raise DataError(
            f"{where}: not XML: {reason:.200}. Mend it, or name its encoding in its first line."
        ) from error
    if any(node.tag is etree.Entity for node in root.iter(etree.Entity)):
        raise DataError(
            f"{where}: it declares entities of its own, which nerlink does not read. "
            "Write it without."
        )
    return root


def clean_text(value: Any) -> str:
    """A text that XML can hold: what it cannot, control characters, as U+FFFD."""
    return "".join(c if _is_xml(c) else "\ufffd" for c in str(value))


def _is_xml(character: str) -> bool:
    return character in "\t\n\r" or (
        character >= " "
        and character not in "\ufffe\uffff"
        and not "\ud800" <= character <= "\udfff"
    )
