import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write

TEXT = "Ada and Bo Lee\nmet 👩 Zoë.\r\n"


def folder(tmp_path, *lines, text=TEXT, name="a"):
    (tmp_path / f"{name}.txt").write_bytes(text.encode())
    (tmp_path / f"{name}.ann").write_text("".join(line + "\n" for line in lines), encoding="utf8")
    return tmp_path


def test_mentions_are_read_with_their_links_attributes_and_notes(tmp_path, caplog):
    path = folder(
        tmp_path,
        "T1\tPER 0 3\tAda",
        "N1\tReference T1 Wikidata:Q7259\tAda Lovelace",
        "T2\tPER 21 24\tZoë",
        "N2\tReference T2 KB:NIL\tnobody",
        "A1\tCertain T1",
        "#1\tAnnotatorNotes T2\tsure?",
        "R1\tKnows Arg1:T1 Arg2:T2",
        "E1\tT1 Who:T2",
        "*\tEquiv T1 T2",
    )
    (doc,) = read(path)
    assert (doc.id, doc.text) == ("a", TEXT)
    assert [(doc.surface(m), m.entity) for m in doc.mentions] == [("Ada", "Q7259"), ("Zoë", NIL)]
    assert doc.meta["mention_columns"] == {
        "kb": ["Wikidata", None],
        "entity_name": ["Ada Lovelace", None],
        "Certain": [True, None],
        "AnnotatorNotes": [None, "sure?"],
    }
    assert "equivalences (1), events (1), relations (1)" in caplog.text


@pytest.mark.parametrize("path", ["a.txt", "a.ann"])
def test_one_file_of_the_two_will_do(tmp_path, path):
    assert len(read(folder(tmp_path, "T1\tPER 0 3\tAda") / path)[0].mentions) == 1


@pytest.mark.parametrize(
    ("rule", "surfaces"),
    [("cover", ["Ada and Bo Lee"]), ("longest", ["Lee"]), ("leave-out", [])],
)
def test_a_mention_of_several_pieces_follows_a_rule_and_is_counted(
    tmp_path, caplog, rule, surfaces
):
    path = folder(tmp_path, "T1\tPER 0 2;11 14\tAd Lee")
    (doc,) = read(path, fragments=rule)
    assert [doc.surface(m) for m in doc.mentions] == surfaces
    assert "mentions of several pieces" in caplog.text


def test_a_name_that_occurs_twice_is_told_and_no_mention_lost(tmp_path):
    path = folder(tmp_path, "T1\tPER 0 3\tAda", "T1\tPER 8 14\tBo Lee")
    with pytest.raises(DataError, match=r"a\.ann:2: 'T1' is the name of an annotation above"):
        read(path)
    (doc,) = read(path, on_error="skip-mention")
    assert [doc.surface(m) for m in doc.mentions] == ["Ada"]


def test_pieces_are_written_as_they_were(tmp_path):
    docs = read(folder(tmp_path, "T1\tPER 0 3;11 14\tAda Lee", "T2\tPER 8 10;11 14\tBo Lee"))
    write(docs, tmp_path / "out", format="brat")
    lines = (tmp_path / "out/a.ann").read_text().splitlines()
    assert lines == ["T1\tPER 0 3;11 14\tAda Lee", "T2\tPER 8 10;11 14\tBo Lee"]


def test_a_mention_across_lines_is_one_stretch(tmp_path, caplog):
    doc = Document(id="a", text=TEXT, mentions=(Mention(start=8, end=18, label="X"),))
    write([doc], tmp_path / "out", format="brat")
    assert (tmp_path / "out/a.ann").read_text() == "T1\tX 8 14;15 18\tBo Lee met\n"
    assert read(tmp_path / "out") == [doc]
    assert "pieces" not in caplog.text


def test_folders_in_the_folder_are_part_of_the_ids(tmp_path):
    docs = [Document(id=name, text=name) for name in ("a/b", "a/c")]
    write(docs, tmp_path / "out", format="brat")
    assert read(tmp_path / "out") == docs


@pytest.mark.parametrize("doc_id", ["../a", "a/../../b", "a\\b", "/etc/x", "a" * 99, "x.ann", ".a"])
def test_an_id_that_is_no_name_of_a_file_is_replaced_and_counted(tmp_path, doc_id):
    report = write([Document(id=doc_id, text="Ada")], tmp_path / "out", format="brat")
    assert report.lost == {"ids that are no names of files": 1}
    assert [doc.id for doc in read(tmp_path / "out")] == ["document-1"]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out"]


def test_a_folder_with_something_in_it_is_not_written_over(tmp_path):
    with pytest.raises(DataError, match=r"is there already, and is not empty. Name a new folder"):
        write([Document(text="Ada")], folder(tmp_path, "T1\tPER 0 3\tAda"), format="brat")


def test_texts_and_annotations_without_the_other_are_counted(tmp_path, caplog):
    (tmp_path / "b.ann").write_text("")
    (tmp_path / "c.txt").write_text("Bo")
    assert [doc.text for doc in read(folder(tmp_path, "T1\tPER 0 3\tAda"))] == [TEXT, "Bo"]
    assert "annotations without a text beside them (1)" in caplog.text
    assert "texts without annotations beside them" in caplog.text
