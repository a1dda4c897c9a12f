from dataclasses import replace

import pytest

from nerlink.bulk.options import BulkOptions
from nerlink.bulk.tagging import SICK, tag_results
from nerlink.data import Document
from nerlink.errors import DataError, KnowledgeBaseError
from tests.bulk.conftest import FirstWords


def docs(*texts):
    return [Document(text=text, id=str(n)) for n, text in enumerate(texts)]


def test_errors_stand_where_the_documents_would():
    first, second = docs("Ada ran", "Bea ran")
    unreadable = DataError("a.jsonl:2: no text")
    unreadable.doc_id = "x"
    found = list(tag_results(FirstWords(), [first, unreadable, second], link_only=False))
    assert [(one.doc.id, one.error) for one in found] == [
        ("0", None),
        ("x", "a.jsonl:2: no text"),
        ("1", None),
    ]


def test_only_the_group_that_fails_is_tagged_one_by_one():
    calls = []

    class Counting(FirstWords):
        def stream(self, documents, *, link_only=False):
            calls.append(1)
            return super().stream(documents, link_only=link_only)

    given = docs(*["Ada ran"] * 3, "Bea ran", "poison", "Cy ran", *["Dan ran"] * 3)
    found = list(tag_results(Counting(), given, link_only=False))
    assert [one.doc.id for one in found] == [str(n) for n in range(9)]
    assert [one.error for one in found if one.error] == ["the model chokes"]
    assert len(calls) == 1 + 3 + 1  # the stream, three of its group, the stream that goes on


def test_a_process_that_fails_at_everything_is_sick():
    class Broken:
        def stream(self, documents, *, link_only=False):
            list(documents)
            raise RuntimeError("CUDA error: device-side assert triggered")

    with pytest.raises(RuntimeError, match=f"{SICK} documents failed, one after another"):
        list(tag_results(Broken(), docs(*["Ada"] * SICK), link_only=False))


def test_what_is_wrong_with_the_base_is_no_fault_of_documents():
    class Baseless:
        def stream(self, documents, *, link_only=False):
            list(documents)
            raise KnowledgeBaseError("kb.sqlite: no such knowledge base.")

    with pytest.raises(KnowledgeBaseError):
        list(tag_results(Baseless(), docs("Ada ran"), link_only=False))


def test_a_reader_that_breaks_off_is_no_fault_of_documents_either():
    def cut_off():
        yield from docs("Ada ran", "Bea ran")
        raise DataError("a.jsonl.gz cannot be read")

    found = tag_results(FirstWords(), cut_off(), link_only=False)
    assert [next(found).doc.id, next(found).doc.id] == ["0", "1"]
    with pytest.raises(DataError, match="cannot be read"):
        next(found)


def test_settings_are_what_changes_the_output():
    options = BulkOptions(workers=3, retries=9, force=True, engine="ray", device="cuda")
    assert options.settings() == BulkOptions().settings()
    assert replace(options, top_k=3).settings() != options.settings()
