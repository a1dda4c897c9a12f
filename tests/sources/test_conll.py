import tracemalloc

import pytest

from nerlink.data import NIL
from nerlink.errors import DataError
from nerlink.sources import read, stream

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
    "ragged": ("a B-PER\nb\n", {}, "1 columns instead of 2, of which token, ner are read"),
    "too many": ("a b O\n", {"columns": ["token", "ner"]}, "a.conll:1: 3 columns instead of 2"),
    "delimiter": ("a O\n", {"delimiter": "\t"}, "a.conll:1: 1 columns instead of 2"),
    "no token": ("a O\n", {"columns": ["tokn", "ner"]}, "'token' is missing; .* mean 'tokn'"),
    "empty token": ("en: O\n", {"remove": "^en:"}, "a.conll:1: token 'en:' is empty once '.en:'"),
    "scheme": ("a O\n", {"scheme": "iob3"}, "scheme is 'iob3'; take one of iob1, bio"),
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
