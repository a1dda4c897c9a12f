from dataclasses import replace

import pytest

from nerlink.config import DataConfig
from nerlink.corpora.entries import read_entries
from nerlink.data import Candidate, Document, Mention
from nerlink.sources import write


@pytest.fixture
def file(tmp_path):
    def file(name, *ids):
        write([Document(id=id_, text="Ada") for id_ in ids], tmp_path / name)
        return tmp_path / name

    return file


def ids(entries, split="dev"):
    return [[doc.id for doc in docs] for docs, _ in read_entries(entries, split)]


def test_entries_without_the_split_are_passed_over(file):
    entries = [DataConfig(train=file("a.jsonl", "a")), DataConfig(dev=file("b.jsonl", "b"))]
    assert ids(entries) == [["b"]]
    assert read_entries(entries, "train")[0][1] is entries[0]


def test_corpora_are_read_by_their_card_and_files_by_their_name(file):
    entries = [DataConfig(corpus="tiny-news"), DataConfig(test=file("b.jsonl", "b"))]
    (news, _), (mine, _) = read_entries(entries, "test")
    assert (len(news), len(mine)) == (17, 1)


def test_a_file_stands_in_for_a_split_of_the_corpus(file):
    assert ids([DataConfig(corpus="tiny-news", dev=file("b.jsonl", "b"))]) == [["b"]]


def test_ids_that_entries_share_get_their_entrys_number(file):
    entries = [
        DataConfig(dev=file("a.jsonl", "dev-1", "a")),
        DataConfig(dev=file("b.jsonl", "dev-1", None)),
    ]
    assert ids(entries) == [["1/dev-1", "1/a"], ["2/dev-1", None]]


def test_a_limit_takes_the_first_documents_to_train_on(file):
    path = file("a.jsonl", "a", "b", "c")
    entry = DataConfig(train=path, dev=path, limit=2)
    assert ids([entry], "train") == [["a", "b"]]
    assert ids([entry], "dev") == [["a", "b", "c"]]


@pytest.mark.parametrize(
    ("tasks", "label", "entity"),
    [
        ((), "PER", "Q1"),
        (("ner", "nel"), "PER", "Q1"),
        (("ner",), "PER", None),
        (("nel",), None, "Q1"),
    ],
    ids=["all", "both", "ner", "nel"],
)
def test_documents_carry_what_their_entry_teaches(tmp_path, tasks, label, entity):
    some = (Candidate(entity="Q1", prior=1.0),)
    mention = Mention(start=0, end=3, label="PER", entity="Q1", candidates=some)
    doc = Document(id="a", text="Ada", mentions=(mention,), complete=False)
    write([doc], tmp_path / "a.jsonl")
    ((docs, _),) = read_entries([DataConfig(dev=tmp_path / "a.jsonl", tasks=tasks)], "dev")
    taught = replace(mention, label=label, entity=entity, candidates=some if entity else ())
    assert docs[0].mentions == (taught,)


def test_files_of_an_entry_may_have_a_format_and_options(tmp_path):
    (tmp_path / "links.conll").write_text("Ada\tB-Q7259\nslept\tO\n")
    entry = DataConfig(train=tmp_path / "links.conll", read={"columns": ["token", "nel"]})
    ((documents, _),) = read_entries([entry], "train")
    assert [mention.entity for mention in documents[0].mentions] == ["Q7259"]
    zelda = '{"id": 1, "text": "Ada", "index": [[0, 3]], "wikipedia_titles": ["Ada Lovelace"]}'
    (tmp_path / "links.jsonl").write_text(zelda)
    entry = DataConfig(train=tmp_path / "links.jsonl", format="zelda")
    ((documents, _),) = read_entries([entry], "train")
    assert [mention.entity for mention in documents[0].mentions] == ["Ada Lovelace"]
