import pytest

from nerlink.errors import DataError
from nerlink.sources.xml import clean_text, parse_xml


def test_the_declaration_tells_how_characters_are_stored():
    content = '<?xml version="1.0" encoding="ISO-8859-1"?><a>Zoë</a>'.encode("latin-1")
    assert parse_xml(content, where="x").text == "Zoë"


def test_a_document_type_alone_is_no_harm():
    assert parse_xml(b'<!DOCTYPE a SYSTEM "BioC.dtd"><a/>', where="x").tag == "a"


@pytest.mark.parametrize("content", [b"", b"<a>", b"text", b"<a b='1' b='2'/>", b"\0"])
def test_what_is_no_xml_is_told_with_its_place(content):
    with pytest.raises(DataError, match=r"^x: not XML: "):
        parse_xml(content, where="x")


def test_characters_that_xml_cannot_hold_are_replaced():
    assert clean_text("a\x0bb\tc\nd\r👩\ufffe") == "a\ufffdb\tc\nd\r👩\ufffd"
