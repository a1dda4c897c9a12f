import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.sources import read, write

FILE = """
1|t|Colon and ovarian cancer.
1|a|A case.
1\t0\t24\tColon and ovarian cancer\tCompositeMention\tD003110|D010051
1\t28\t32\tcase\tOther\t -1
1\tCID\tD003110\tD010051

2|t|Flu in mice
2\t0\t3\tFlu\tDisease\t MESH:D007251
2\t7\t11\tmice\tSpecies
"""


def stored(tmp_path, content=FILE):
    (tmp_path / "a.pubtator").write_text(content, encoding="utf8")
    return tmp_path / "a.pubtator"


def entities(docs):
    return [m.entity for doc in docs for m in doc.mentions]


def test_titles_abstracts_and_mentions_are_read(tmp_path, caplog):
    docs = read(stored(tmp_path))
    assert [(doc.id, doc.text) for doc in docs] == [
        ("1", "Colon and ovarian cancer.\nA case."),
        ("2", "Flu in mice"),
    ]
    assert entities(docs) == ["D003110", NIL, "MESH:D007251", None]
    assert docs[0].meta["mention_columns"] == {"all_ids": ["D003110|D010051", None]}
    assert "further ids of a mention (1), relations (1)" in caplog.text


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"ids": "all"}, ["D003110|D010051", NIL, "MESH:D007251", None]),
        ({"prefix": False}, ["D003110", NIL, "D007251", None]),
    ],
    ids=str,
)
def test_several_ids_and_prefixes_follow_a_rule(tmp_path, options, expected):
    assert entities(read(stored(tmp_path), **options)) == expected


def test_a_document_that_stands_there_twice_is_read_once(tmp_path, caplog):
    twice = "3|t|Twice\n3\t0\t5\tTwice\tX\tD1\n\n"
    assert len(read(stored(tmp_path, twice * 2))) == 1
    assert "documents that stand there twice (1)" in caplog.text


def test_documents_need_no_blank_line_between_them(tmp_path):
    docs = read(stored(tmp_path, "1|t|One\n1\t0\t3\tOne\tX\tD1\n2|t|Two\n3|a|Three\n"))
    assert [doc.text for doc in docs] == ["One", "Two", "Three"]


def test_all_ids_of_a_mention_are_written_back(tmp_path):
    docs = read(stored(tmp_path))
    write(docs, tmp_path / "b.pubtator")
    assert "\tCompositeMention\tD003110|D010051\n" in (tmp_path / "b.pubtator").read_text()
    assert read(tmp_path / "b.pubtator") == docs


def test_what_is_written_is_read_by_the_library_bioc(tmp_path):
    from bioc import pubtator

    flu = Mention(start=0, end=3, label="Disease", entity="D007251")
    mice = Mention(start=9, end=13, label="Species")
    docs = [Document(id="2", text="Flu\nin 👩 mice", mentions=(flu, mice))]
    write(docs, tmp_path / "a.pubtator")
    with (tmp_path / "a.pubtator").open(encoding="utf8") as handle:
        (doc,) = pubtator.load(handle)
    one, unlinked = doc.annotations
    assert (doc.pmid, doc.title, doc.abstract) == ("2", "Flu", "in 👩 mice")
    assert (one.start, one.end, one.text, one.type, one.id) == (0, 3, "Flu", "Disease", "D007251")
    assert (unlinked.text, unlinked.id) == ("mice", "-")
    assert read(tmp_path / "a.pubtator") == docs
