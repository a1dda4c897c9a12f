import pytest

from nerlink.errors import DataError
from nerlink.sources.names import Names
from nerlink.sources.records import document_from_record


def document(**record):
    return document_from_record(record, where="x:1")


def test_words_and_tags_are_a_document():
    doc = document(id="7", tokens=["Ada", "Lovelace", "slept"], ner_tags=["B-PER", "I-PER", "O"])
    assert (doc.text, doc.id, doc.meta) == ("Ada Lovelace slept", "7", {})
    assert [(doc.surface(m), m.label) for m in doc.mentions] == [("Ada Lovelace", "PER")]


def test_words_are_found_in_their_text():
    doc = document(
        text="Ada, Oslo!", words=["Ada", ",", "Oslo", "!"], tags=["O", "O", "B-LOC", "O"]
    )
    assert [doc.surface(mention) for mention in doc.mentions] == ["Oslo"]


def test_numbers_of_tags_are_refused_with_what_to_do():
    with pytest.raises(
        DataError, match=r"x:1: ner_tags 0 is 3, the number of a tag\. Put the names"
    ):
        document(tokens=["EU"], ner_tags=[3])


def test_a_tag_for_each_word():
    with pytest.raises(DataError, match="'ner_tags' has 1 value for 2 words"):
        document(tokens=["EU", "rejects"], ner_tags=["O"])


@pytest.mark.parametrize("record", [{"tokens": ["Ada"]}, {"tokens": ["Ada"], "token": [3]}])
def test_words_under_a_name_that_is_not_guessed_are_refused(record):
    names = Names("x", guess=False)
    with pytest.raises(DataError, match="x:1: a list of words has another name than 'token'"):
        document_from_record({"text": "Ada"} | record, where="x:1", names=names)
