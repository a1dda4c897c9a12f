import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, write

FIELDS = "# global.Entity = GRP-etype-infstat-minspan-identity\n"


def rows(*lines):
    """Lines of a number, a word and the last column."""
    return "".join(
        "\t".join([number, word, "_", "X", *"_____", misc]) + "\n" for number, word, misc in lines
    )


def stored(tmp_path, content, head=FIELDS):
    (tmp_path / "a.conllu").write_text("# newdoc id = d\n" + head + content, encoding="utf8")
    return tmp_path / "a.conllu"


def found(doc):
    return [(doc.surface(m), m.label, m.entity) for m in doc.mentions]


NESTED = rows(
    ("1", "Norton", "Entity=(1-person-new-1-Emperor_Norton_%281%29"),
    ("2", "of", "_"),
    ("3", "Oslo", "SpaceAfter=No|Entity=(2-place-new-1-Oslo)1)"),
    ("4", ".", "Entity=(3-time-new-1)"),
)


def test_brackets_are_mentions_with_their_links(tmp_path):
    (doc,) = read(stored(tmp_path, NESTED))
    assert (doc.id, doc.text) == ("d", "Norton of Oslo.")
    assert found(doc) == [
        ("Norton of Oslo", "person", "Emperor_Norton_(1)"),
        ("Oslo", "place", "Oslo"),
        (".", "time", None),
    ]


def test_brackets_of_one_name_close_last_opened_first(tmp_path):
    lines = [
        ("1", "a", "Entity=(1-x-n-1(1-y-n-1"),
        ("2", "b", "Entity=1)"),
        ("3", "c", "Entity=1)"),
    ]
    (doc,) = read(stored(tmp_path, rows(*lines)))
    assert found(doc) == [("a b", "y", None), ("a b c", "x", None)]


def test_words_written_together_are_found_in_what_was_written(tmp_path):
    content = rows(
        ("1-2", "Norton's", "_"),
        ("1", "Norton", "Entity=(1-person-n-1-N)"),
        ("2", "'s", "_"),
        ("2.1", "left out", "_"),
        ("3-4", "al", "_"),
        ("3", "a", "_"),
        ("4", "el", "Entity=(2-place-n-1-P"),
        ("5", "Prado", "Entity=2)"),
    )
    (doc,) = read(stored(tmp_path, content))
    assert doc.text == "Norton's al Prado"
    assert found(doc) == [("Norton", "person", "N"), ("al Prado", "place", "P")]
    assert doc.tokens == ((0, 6), (6, 8), (9, 11), (12, 17))


def test_sentences_of_a_paragraph_stand_on_one_line(tmp_path):
    one, two, three = (rows(("1", word, "_")) for word in ("Yes.", "No.", "Well."))
    content = f"# newpar\n{one}\n{two}\n# newpar\n{three}\n"
    (doc,) = read(stored(tmp_path, content))
    assert doc.text == "Yes. No.\nWell."
    assert read(stored(tmp_path, f"{one}\n{two}"))[0].text == "Yes.\nNo."


def test_a_comment_that_says_another_text_is_told(tmp_path, caplog):
    read(stored(tmp_path, "# text = Another one.\n" + NESTED))
    assert "the text of a comment is not that of the words" in caplog.text


def test_parts_of_a_bracket_follow_the_header(tmp_path):
    line = rows(("1", "Oslo", "Entity=(e1-place-1-)"))
    assert found(read(stored(tmp_path, line, head=""))[0]) == [("Oslo", "place", None)]


def test_one_bad_bracket_need_not_cost_its_document(tmp_path, caplog):
    path = stored(tmp_path, NESTED + rows(("5", "x", "Entity=9)")))
    with pytest.raises(DataError, match=r"a.conllu:7: the bracket '9\)' closes what none opens"):
        read(path)
    assert len(read(path, on_error="skip-mention")[0].mentions) == 3
    assert "skipped 1 mention: a bracket without its other half (1)" in caplog.text


def test_columns_of_words_come_back(tmp_path):
    docs = read(stored(tmp_path, NESTED))
    write(docs, tmp_path / "b.conllu")
    assert read(tmp_path / "b.conllu") == docs
    assert docs[0].meta["token_columns"] == {"upos": ["X"] * 4}


def test_names_that_brackets_could_not_hold_are_written_with_percent_signs(tmp_path):
    mentions = (
        Mention(start=0, end=3, label="creative-work", entity="Ada (poem)|x"),
        Mention(start=4, end=6, label="a b", entity=NIL),
    )
    doc = Document(id="a", text="Ada Bo", mentions=mentions)
    assert write([doc], tmp_path / "a.conllu").lost == {}
    (back,) = read(tmp_path / "a.conllu")
    assert back.mentions == mentions
