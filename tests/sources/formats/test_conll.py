import tracemalloc

import pytest

from nerlink.data import NIL, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import read, stream, write

PLAIN = "Ada NNP B-PER\nmet VBD O\nBea NNP B-PER\n\nHi UH O\n"


def read_text(tmp_path, text, **options):
    path = tmp_path / "a.conll"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read(path, **options)


def surfaces(doc):
    return [(doc.surface(mention), mention.label, mention.entity) for mention in doc.mentions]


def test_token_comes_first_and_tag_last_where_nothing_is_said(tmp_path):
    (doc,) = read_text(tmp_path, PLAIN)
    assert doc.text == "Ada met Bea\nHi"
    assert surfaces(doc) == [("Ada", "PER", None), ("Bea", "PER", None)]
    assert doc.sentences == ((0, 11), (12, 14))
    assert doc.tokens == ((0, 3), (4, 7), (8, 11), (12, 14))


@pytest.mark.parametrize(
    "columns", [["token", "_", "ner"], {"token": 0, "ner": 2}, {"token": -3, "ner": -1}]
)
def test_columns_are_named_in_order_or_by_place(tmp_path, columns):
    (doc,) = read_text(tmp_path, PLAIN, columns=columns)
    assert [mention.label for mention in doc.mentions] == ["PER", "PER"]


def test_further_columns_are_kept(tmp_path):
    (doc,) = read_text(tmp_path, PLAIN, columns=["token", "pos", "ner"])
    assert doc.meta == {"token_columns": {"pos": ["NNP", "VBD", "NNP", "UH"]}}


def test_links_stand_in_a_column_of_their_own(tmp_path):
    text = "Ada\tB-PER\tB-Ada_Lovelace\nL.\tI-PER\tI-Ada_Lovelace\nBea\tB-PER\tB-NIL\nhe\tO\tB-Q1\n"
    (doc,) = read_text(tmp_path, text, columns=["token", "ner", "nel"])
    assert surfaces(doc) == [
        ("Ada L.", "PER", "Ada_Lovelace"),
        ("Bea", "PER", NIL),
        ("he", None, "Q1"),
    ]


@pytest.mark.parametrize(
    ("scheme", "tags"),
    [("iob1", "I-PER I-PER B-PER"), ("bio", "B-PER I-PER B-PER"), ("bioes", "B-PER E-PER S-PER")],
)
def test_schemes_say_the_same(tmp_path, scheme, tags):
    text = "".join(f"{word} {tag}\n" for word, tag in zip("abc", tags.split(), strict=True))
    (doc,) = read_text(tmp_path, text, scheme=scheme)
    assert [(mention.start, mention.end) for mention in doc.mentions] == [(0, 3), (4, 5)]


MARKS = {
    "with columns": ("-DOCSTART- -X- O O\n\na O\n\n-DOCSTART- -X- OO O\n\nb O\n", [None, None]),
    "with names": ("-DOCSTART- (1 EU)\n\na O\n\n-DOCSTART- (2 X)\nb O\n", ["1 EU", "2 X"]),
    "of CoNLL-U": ("# newdoc id = x y\na O\n# newdoc\nb O\n", ["x y", None]),
    "before the second only": ("a O\n\n-DOCSTART- O\n\nb O\n", [None, None]),
}


@pytest.mark.parametrize(("text", "names"), MARKS.values(), ids=MARKS)
def test_marks_part_documents(tmp_path, text, names):
    docs = read_text(tmp_path, text)
    assert [doc.text for doc in docs] == ["a", "b"]
    assert [doc.id for doc in docs] == names


def test_each_sentence_may_be_a_document(tmp_path):
    text = "-DOCSTART- O\n\na O\nb O\n\t\n\nc O\n"
    docs = read_text(tmp_path, text, documents="sentences")
    assert [doc.text for doc in docs] == ["a b", "c"]


def test_spans_end_with_their_sentence(tmp_path):
    (doc,) = read_text(tmp_path, "a B-PER\n\nb I-PER\n")
    assert [(mention.start, mention.end) for mention in doc.mentions] == [(0, 1), (2, 3)]


def test_tokens_are_cleaned_and_joined_without_blanks(tmp_path):
    (doc,) = read_text(
        tmp_path, "东0\tB-LOC\n京1\tI-LOC\n510\tO\n", join="", remove="(?<=.)[0-9]+$"
    )
    assert doc.text == "东京5"
    assert surfaces(doc) == [("东京", "LOC", None)]


def test_prefix_is_removed(tmp_path):
    (doc,) = read_text(tmp_path, "en:Ada B-PER\nen:: O\n", remove="^en:")
    assert doc.text == "Ada :"


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_encoding_is_looked_at_first(tmp_path, encoding):
    docs = read_text(tmp_path, "Iñigo B-PER\n".encode(encoding), encoding=["utf-8", "latin-1"])
    assert docs[0].text == "Iñigo"


def test_header_names_columns_parted_by_tabs(tmp_path):
    text = "# global.columns = ner token\nB-LOC\tNew York\n"
    assert surfaces(read_text(tmp_path, text)[0]) == [("New York", "LOC", None)]


def test_white_space_of_other_kinds_belongs_to_tokens(tmp_path):
    (doc,) = read_text(tmp_path, "\u3000\tO\na\u2028b\tO\n", delimiter="\t")
    assert doc.text == "\u3000 a\u2028b"


BAD = {
    "tag": (PLAIN.replace("VBD O", "VBD X-PER"), {}, "a.conll:2: column 'ner': tag 'X-PER' is not"),
    "ragged": ("a B-PER\nb\n", {}, "1 column instead of 2, of which token, ner are read"),
    "too many": ("a b O\n", {"columns": ["token", "ner"]}, "a.conll:1: 3 columns instead of 2"),
    "delimiter": ("a O\n", {"delimiter": "\t"}, "a.conll:1: 1 column instead of 2"),
    "no token": ("a O\n", {"columns": ["tokn", "ner"]}, "'token' is missing; .* mean 'tokn'"),
    "empty token": ("en: O\n", {"remove": "^en:"}, "a.conll:1: token 'en:' is empty once '.en:'"),
    "scheme": ("a O\n", {"scheme": "iob3"}, "scheme is 'iob3'; take one of auto, iob1, bio"),
    "documents": ("a O\n", {"documents": "pages"}, "documents is 'pages'"),
    "option": ("a O\n", {"colums": []}, "no option 'colums'; it has columns"),
    "encoding": ("é O\n".encode("latin-1"), {}, "a.conll:1: byte 0 .* is not utf-8"),
    "NUL": ("a\0 O\n", {}, "a.conll:1: text: character 1 is NUL"),
}


@pytest.mark.parametrize(("text", "options", "message"), BAD.values(), ids=BAD)
def test_bad_file_is_refused(tmp_path, text, options, message):
    with pytest.raises(DataError, match=message):
        read_text(tmp_path, text, **options)


def test_bad_document_is_skipped_and_the_rest_is_read(tmp_path):
    text = "a O\n\n-DOCSTART- O\n\nb WRONG\n\n-DOCSTART- O\n\nc O\n"
    assert [doc.text for doc in read_text(tmp_path, text, on_error="skip")] == ["a", "c"]


def test_empty_file_has_no_documents_and_an_empty_document_is_kept(tmp_path):
    assert read_text(tmp_path, "") == []
    assert read_text(tmp_path, "# newdoc id = a\n# newdoc id = b\nx O\n")[0].text == ""


def test_documents_are_read_one_by_one(tmp_path):
    path = tmp_path / "a.conll"
    path.write_text("-DOCSTART- O\n\nAda B-PER\n\n" * 2_000)
    tracemalloc.start()
    for _ in stream(path):
        pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 400_000


TRAPS = {
    "a blank in a token": ("New York\tB-LOC\nis\tO\n", "New York is", ["New York"]),
    "blanks beside tabs": ("Paris \t B-LOC\nis\t O\n", "Paris is", ["Paris"]),
    "a number as a token": ("1\tCD\tO\n", "1", []),
    "a table of numbers": ("1\tO\n2\tO\n3\tO\n", "1 2 3", []),
}


@pytest.mark.parametrize(("text", "expected", "surfaces"), TRAPS.values(), ids=TRAPS)
def test_cells_are_parted_at_tabs_where_there_are_some(tmp_path, text, expected, surfaces):
    (tmp_path / "a.conll").write_text(text)
    (doc,) = read(tmp_path / "a.conll")
    assert doc.text == expected
    assert [doc.surface(m) for m in doc.mentions] == surfaces


def test_lines_of_other_lengths_are_refused_where_no_columns_are_named(tmp_path):
    (tmp_path / "a.conll").write_text("Paris NNP B-LOC\nis O\n")
    with pytest.raises(DataError, match=r"a.conll:2: 2 columns instead of 3"):
        read(tmp_path / "a.conll")


def test_a_first_column_that_counts_is_refused(tmp_path):
    (tmp_path / "a.conll").write_text("1\tParis\tB-LOC\n2\tis\tO\n3\there\tO\n")
    with pytest.raises(DataError, match=r"a.conll:1: the first column counts"):
        read(tmp_path / "a.conll")
    (doc,) = read(tmp_path / "a.conll", columns=["_", "token", "ner"])
    assert doc.text == "Paris is here"


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
    with pytest.raises(DataError, match="column 'pos' has 1 value for 2 tokens"):
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
    text="see -DOCSTART- and # newdoc id = 5", id="d1", tokens=((0, 3), (4, 14), (15, 18), (19, 34))
)


def test_tokens_that_look_like_marks_stay_tokens(tmp_path):
    assert write([WRITTEN_MARKS], tmp_path / "a.conll").lost == {}
    (doc,) = read(tmp_path / "a.conll")
    assert (doc.id, doc.text, doc.tokens) == (
        WRITTEN_MARKS.id,
        WRITTEN_MARKS.text,
        WRITTEN_MARKS.tokens,
    )


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


def read_lines(tmp_path, content, **options):
    path = tmp_path / "a.conll"
    path.write_text(content, encoding="utf8")
    docs = read(path, **options)
    return [[(doc.surface(m), m.label, m.entity) for m in doc.mentions] for doc in docs], docs


def test_an_empty_cell_keeps_its_place(tmp_path):
    columns = {"token": 0, "ner": 1, "nel": -1}
    content = "Anna\tB-PER\tB-Q1\nOslo\t\tB-Q585\nrain\tO\t\n"
    mentions, _ = read_lines(tmp_path, content, columns=columns)
    assert mentions == [[("Anna", "PER", "Q1"), ("Oslo", None, "Q585")]]


COUNTED = {
    "from 0": "0\tOslo\tB-LOC\n1\tsleeps\tO\n",
    "from 1": "1\tOslo\tB-LOC\n2\tsleeps\tO\n",
    "in short sentences": "1 Oslo B-LOC\n\n1 Rome B-LOC\n",
}


@pytest.mark.parametrize("content", COUNTED.values(), ids=COUNTED)
def test_a_first_column_that_counts_in_each_sentence_is_refused(tmp_path, content):
    with pytest.raises(DataError, match="the first column counts"):
        read_lines(tmp_path, content)


def test_numbers_among_tokens_are_tokens(tmp_path):
    assert read_lines(tmp_path, "1 CD O\n2 CD O\nmen NN O\n")[1][0].text == "1 2 men"


def test_bare_ids_link_the_mentions_they_stand_on(tmp_path):
    content = "Anna\tB-PER\tQ1\nLee\tI-PER\tQ1\nin\tO\t_\nRome\tB-LOC\tNIL\nX\tO\tQ2\n"
    mentions, _ = read_lines(tmp_path, content, columns=["token", "ner", "nel"])
    assert mentions == [[("Anna Lee", "PER", "Q1"), ("Rome", "LOC", "NIL"), ("X", None, "Q2")]]
    with pytest.raises(DataError, match=r"a.conll:1: the tokens of a mention bear Q1 and Q2"):
        read_lines(tmp_path, "Anna\tB-PER\tQ1\nLee\tI-PER\tQ2\n", columns=["token", "ner", "nel"])


def test_a_first_line_of_names_is_read_as_such(tmp_path, caplog):
    mentions, docs = read_lines(tmp_path, "word\tpos\ttag\nAnna\tNN\tB-PER\n")
    assert (mentions, docs[0].text) == ([[("Anna", "PER", None)]], "Anna")
    assert "the first line names the columns: word, pos, tag" in caplog.text


def test_other_names_of_columns_are_understood(tmp_path):
    assert read_lines(tmp_path, "Anna B-PER\n", columns=["word", "tag"])[0] == [
        [("Anna", "PER", None)]
    ]


def test_words_of_conllu_stand_for_their_parts(tmp_path):
    content = (
        "# text = Voy al Prado.\n1\tVoy\tO\t_\n2-3\tal\t_\t_\n2\ta\tO\t_\n3\tel\tB-LOC\t_\n"
        "4\tPrado\tI-LOC\tSpaceAfter=No\n4.1\tfue\tO\t_\n5\t.\tO\t_\n"
    )
    mentions, docs = read_lines(tmp_path, content, columns=["_", "token", "ner", "misc"])
    assert (docs[0].text, mentions) == ("Voy al Prado.", [[("al Prado", "LOC", None)]])


@pytest.mark.parametrize(
    "mark", ["-docstart- O", "--DOCSTART-- O", "-DOCSTART- -X- -7- O", "# hipe:document_id = 7"]
)
def test_marks_of_documents_are_known(tmp_path, mark):
    content = f"Anna\tB-PER\n\n{mark}\n\nOslo\tB-LOC\n"
    docs = read_lines(tmp_path, content)[1]
    assert [doc.text for doc in docs] == ["Anna", "Oslo"]
    assert docs[1].id == ("7" if "7" in mark else None)


def test_many_sentences_without_a_mark_are_said(tmp_path, caplog):
    read_lines(tmp_path, "Anna B-PER\n\n" * 101)
    assert "101 sentences are one; documents='sentences'" in caplog.text


@pytest.mark.parametrize(("note", "text"), [("NoSpaceAfter", "ab"), ("-", "ab"), ("+", "a b")])
def test_notes_of_other_tools_on_spaces_are_known(tmp_path, note, text):
    content = f"a\tO\t{note}\nb\tO\t_\n"
    assert read_lines(tmp_path, content, columns=["token", "ner", "misc"])[1][0].text == text
