import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write

HEADER = (
    "TOKEN\tNE-COARSE-LIT\tNE-COARSE-METO\tNE-FINE-LIT\tNE-FINE-METO\tNE-FINE-COMP\tNE-NESTED\t"
    "NEL-LIT\tNEL-METO\tMISC\n"
)
ROWS = [
    ("Anna", "B-pers", "O", "B-pers.ind", "Q1", "_", "_"),
    ("Lee", "I-pers", "O", "I-pers.ind", "Q1", "_", "NoSpaceAfter"),
    (",", "O", "O", "O", "_", "_", "EndOfLine"),
    ("Oslo", "B-loc", "B-org", "B-loc.adm", "Q585", "NIL", "NoSpaceAfter"),
    (".", "O", "O", "O", "_", "_", "EndOfSentence"),
    ("Rome", "B-loc", "O", "B-loc.adm", "NIL", "_", ""),
]
FILE = HEADER + "# hipe2022:document_id = a-1\n# hipe2022:date = 1900-01-02\n"
FILE += "".join(f"{t}\t{c}\t{m}\t{f}\tO\tO\tO\t{e}\t{n}\t{x}\n" for t, c, m, f, e, n, x in ROWS)
FILE += "\n# hipe2022:document_id = a-2\nBo\tO\t_\t_\t_\t_\t_\t_\t_\t_\n"


def stored(tmp_path, content=FILE):
    (tmp_path / "a.tsv").write_text(content, encoding="utf8")
    return tmp_path / "a.tsv"


def found(doc):
    return [(doc.surface(m), m.label, m.entity) for m in doc.mentions]


def test_documents_text_mentions_and_links_are_read(tmp_path):
    one, two = read(stored(tmp_path))
    assert (one.id, two.id, two.text) == ("a-1", "a-2", "Bo")
    assert one.text == "Anna Lee, Oslo.\nRome"
    assert found(one) == [("Anna Lee", "pers", "Q1"), ("Oslo", "loc", "Q585"), ("Rome", "loc", NIL)]
    assert one.sentences == ((0, 15), (16, 20))
    assert one.meta["hipe2022:date"] == "1900-01-02"


def test_ids_without_prefixes_are_as_the_format_has_them_and_not_told(tmp_path, caplog):
    read(stored(tmp_path), format="hipe")
    assert not caplog.text


@pytest.mark.parametrize(
    ("layer", "labels"),
    [
        ("fine", [("pers.ind", "Q1"), ("loc.adm", "Q585"), ("loc.adm", NIL)]),
        ("coarse-meto", [("org", NIL)]),
    ],
)
def test_a_layer_can_be_chosen(tmp_path, layer, labels):
    doc = read(stored(tmp_path), layer=layer)[0]
    assert [(m.label, m.entity) for m in doc.mentions] == labels


def test_a_layer_that_is_not_there_is_told(tmp_path):
    path = stored(tmp_path, "TOKEN\tNE-COARSE-LIT\nAda\tB-pers\n")
    with pytest.raises(DataError, match="no column NE-FINE-LIT; layers there are: coarse"):
        read(path, format="hipe", layer="fine")
    assert found(read(path)[0]) == [("Ada", "pers", None)]


def test_a_mention_is_not_cut_at_the_end_of_a_sentence(tmp_path):
    rows = "St.\tB-loc\tQ1\tEndOfSentence\nIves\tI-loc\tQ1\t_\n"
    path = stored(tmp_path, "TOKEN\tNE-COARSE-LIT\tNEL-LIT\tMISC\n" + rows)
    assert found(read(path)[0]) == [("St. Ives", "loc", "Q1")]


@pytest.mark.parametrize("layer", ["coarse", "fine"])
def test_what_was_read_is_written_line_for_line(tmp_path, layer):
    docs = read(stored(tmp_path), layer=layer)
    write(docs, tmp_path / "b.tsv", format="hipe", layer=layer)
    assert read(tmp_path / "b.tsv", layer=layer) == docs

    def cells(name):
        lines = (tmp_path / name).read_text().splitlines()
        rows = [line.split("\t") for line in lines if "\t" in line]
        return [["_" if cell in ("O", "") else cell for cell in row] for row in rows]

    assert cells("b.tsv") == cells("a.tsv")


def test_unusual_white_space_keeps_its_place(tmp_path):
    text = "  Anna\n\nLee"
    doc = Document(id="a", text=text, mentions=(Mention(start=8, end=11, label="x"),))
    write([doc], tmp_path / "b.tsv", format="hipe")
    (back,) = read(tmp_path / "b.tsv")
    assert (back.text, back.mentions) == (text, doc.mentions)


def test_what_the_columns_cannot_hold_is_counted(tmp_path):
    mentions = (
        Mention(start=0, end=8, label="pers"),
        Mention(start=5, end=8, label="pers"),
        Mention(start=0, end=4, entity="Q1"),
    )
    doc = Document(text="Anna Lee", mentions=mentions, meta={"year": 1900})
    lost = write([doc], tmp_path / "b.tsv", format="hipe").lost
    assert lost == {"mentions without label": 1, "overlapping mentions": 1, "meta columns": 1}
