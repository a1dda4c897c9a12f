import pytest

from nerlink.data import Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write

DOC = Document(
    id="doc-1",
    text="(Ada met  B.\nHi!",
    mentions=(
        Mention(start=1, end=4, label="PER", entity="Ada Lovelace"),
        Mention(start=10, end=12, label="PER"),
    ),
)


def written(tmp_path, documents, **options):
    report = write(documents, tmp_path / "a.conll", **options)
    return (tmp_path / "a.conll").read_text(encoding="utf-8"), report.lost


def test_columns_carry_tags_links_and_white_space(tmp_path):
    text, lost = written(tmp_path, [DOC])
    assert text.splitlines() == [
        "# global.columns = token ner nel misc",
        "# newdoc id = doc-1",
        "(\tO\tO\tSpaceAfter=No",
        "Ada\tB-PER\tB-Ada Lovelace\t_",
        r"met" + "\tO\tO\t" + r"SpacesAfter=\s\s",
        "B\tB-PER\tO\tSpaceAfter=No",
        ".\tI-PER\tO\t_",
        "",
        "Hi\tO\tO\tSpaceAfter=No",
        "!\tO\tO\t_",
        "",
    ]
    assert lost == {}


def test_plain_columns_suit_older_tools(tmp_path):
    text, lost = written(tmp_path, [DOC], plain=True, columns=["token", "ner"], scheme="bioes")
    assert text.splitlines()[:4] == ["-DOCSTART-\tO", "", "(\tO", "Ada\tS-PER"]
    assert lost == {"ids": 1, "links": 1, "texts whose white space changed": 1}


def test_overlapping_mentions_are_counted(tmp_path):
    mentions = tuple(Mention(start=s, end=e, label="X") for s, e in [(0, 3), (0, 7), (4, 7)])
    doc = Document(text="Ada met", mentions=mentions)
    _, lost = written(tmp_path, [doc])
    assert lost == {"overlapping mentions": 2}
    (back,) = read(tmp_path / "a.conll")
    assert back.mentions == (mentions[1],)


def test_all_that_columns_cannot_carry_is_counted(tmp_path):
    mentions = (Mention(start=0, end=3, score=0.5), Mention(start=5, end=7, label="X"))
    doc = Document(text="Ada met", tokens=((0, 3), (4, 7)), mentions=mentions, meta={"a": 1})
    _, lost = written(tmp_path, [doc])
    assert lost == {
        "mentions without label and link": 1,
        "meta columns": 1,
        "scores": 1,
        "tokens cut at a mention": 1,
    }


def test_columns_of_tokens_are_written_again(tmp_path):
    (tmp_path / "in.conll").write_text("Ada NNP B-PER\nmet VBD O\n")
    docs = read(tmp_path / "in.conll", columns=["token", "pos", "ner"])
    text, lost = written(tmp_path, docs, columns=["token", "pos", "ner"])
    assert text.splitlines()[2:4] == ["Ada\tNNP\tB-PER", "met\tVBD\tO"]
    assert lost == {}


def test_column_that_no_document_has_is_refused(tmp_path):
    with pytest.raises(DataError, match="Document 'doc-1' has no column 'pos'; it has token, ner"):
        written(tmp_path, [DOC], columns=["token", "pos"])


def test_column_of_another_length_is_refused(tmp_path):
    doc = Document(text="Ada met", meta={"token_columns": {"pos": ["NNP"]}})
    with pytest.raises(DataError, match="column 'pos' has 1 values for 2 tokens"):
        written(tmp_path, [doc], columns=["token", "pos"])


def test_sentence_border_inside_a_mention_gives_way(tmp_path):
    doc = Document(text="New\nYork", mentions=(Mention(start=0, end=8, label="LOC"),))
    _, lost = written(tmp_path, [doc])
    assert lost == {"sentence borders inside a mention": 1}
    assert read(tmp_path / "a.conll")[0].mentions == doc.mentions


def test_document_of_many_tokens_is_quick(tmp_path):
    text = "Ada met Bea. " * 10_000
    mentions = tuple(Mention(start=i, end=i + 3, label="PER") for i in range(0, len(text), 13))
    doc = Document(id="long", text=text, mentions=mentions)
    _, lost = written(tmp_path, [doc])
    (back,) = read(tmp_path / "a.conll")
    assert (back.text, back.mentions, lost) == (text, mentions, {})
    assert len(back.tokens) == 40_000


WRITTEN_MARKS = Document(
    text="see -DOCSTART- and # newdoc id = 5",
    id="d1",
    tokens=((0, 3), (4, 14), (15, 18), (19, 34)),
)


def test_tokens_that_look_like_marks_stay_tokens(tmp_path):
    assert write([WRITTEN_MARKS], tmp_path / "a.conll").lost == {}
    (doc,) = read(tmp_path / "a.conll")
    assert (doc.id, doc.text, doc.tokens) == (WRITTEN_MARKS.id, WRITTEN_MARKS.text, WRITTEN_MARKS.tokens)


def test_cells_stay_on_their_line_and_what_changes_is_counted(tmp_path):
    doc = Document(
        text="abc def",
        id="d1",
        tokens=((0, 3), (4, 7)),
        meta={"token_columns": {"pos": ["x\n\ny", None]}},
    )
    columns = ["token", "ner", "nel", "misc", "pos"]
    report = write([doc], tmp_path / "a.conll", columns=columns)
    assert report.lost["cells that come back as other text"] == 2
    (back,) = read(tmp_path / "a.conll")
    assert (back.text, back.meta["token_columns"]["pos"]) == ("abc def", ["x  y", "_"])


def test_plain_columns_have_no_blanks_in_cells(tmp_path):
    doc = Document(
        text="New York",
        id="d1",
        tokens=((0, 8),),
        mentions=(Mention(start=0, end=8, label="big city"),),
    )
    report = write([doc], tmp_path / "a.conll", columns=["token", "ner"], plain=True)
    assert report.lost["cells with blanks"] == 2
    assert (tmp_path / "a.conll").read_text().split("\n")[2] == "New_York\tB-big_city"
