import pytest

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.errors import DataError
from nerlink.sources import from_doc, read, to_doc, write

spacy = pytest.importorskip("spacy")

TEXT = "Ada  Lovelace met\n👩🏽‍🚀Bo. She slept."
MENTIONS = (
    Mention(start=0, end=13, label="PER", entity="Q7259", score=0.5),
    Mention(start=5, end=13, label="PER", candidates=(Candidate(entity="Q1", score=0.5),)),
    Mention(start=22, end=24, label="PER", entity=NIL),
    Mention(start=26, end=29, entity="Q7259"),
)
DOC = Document(
    id="a", text=TEXT, mentions=MENTIONS, sentences=((0, 25), (26, 36)), meta={"year": 1843}
)


def test_text_tokens_and_entities_are_those_of_the_document():
    doc = to_doc(DOC, spacy.blank("en").vocab)
    assert doc.text == TEXT
    assert [(e.text, e.label_, e.kb_id_) for e in doc.ents] == [
        ("Ada  Lovelace", "PER", "Q7259"),
        ("Bo", "PER", "NIL"),
    ]
    spans = [(s.start_char, s.end_char, s.label_, s.kb_id_) for s in doc.spans["nerlink"]]
    assert spans == [(m.start, m.end, m.label or "", m.entity or "") for m in MENTIONS]
    assert [sentence.text for sentence in doc.sents] == [TEXT[:26].rstrip(" "), TEXT[26:]]


def test_a_doc_comes_back_as_the_document_it_was():
    assert from_doc(to_doc(DOC, spacy.blank("en").vocab)) == DOC


def test_what_somebody_changed_in_the_spans_counts():
    doc = to_doc(DOC, spacy.blank("en").vocab)
    first = doc.spans["nerlink"][0]
    changed = spacy.tokens.Span(doc, first.start, first.end, label="ORG", kb_id="Q2")
    doc.spans["nerlink"] = [changed]
    (mention,) = from_doc(doc).mentions
    assert mention == Mention(start=0, end=13, label="ORG", entity="Q2")


def piped():
    nlp = spacy.blank("en")
    nlp.add_pipe("sentencizer")
    ruler = nlp.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "PER", "pattern": "Ada"}, {"label": "LOC", "pattern": "Oslo"}])
    return nlp("Ada slept. Oslo woke.")


def test_what_a_pipeline_made_is_read_with_its_sentences_and_tokens():
    doc = from_doc(piped())
    assert [(doc.surface(m), m.label, m.entity) for m in doc.mentions] == [
        ("Ada", "PER", None),
        ("Oslo", "LOC", None),
    ]
    assert doc.sentences == ((0, 10), (11, 21))
    assert [doc.text[a:b] for a, b in doc.tokens] == ["Ada", "slept", ".", "Oslo", "woke", "."]


def test_a_group_of_spans_can_be_chosen(caplog):
    doc = piped()
    doc.spans["sc"] = [spacy.tokens.Span(doc, 0, 2, label="X")]
    assert [m.label for m in from_doc(doc, spans_key="sc").mentions] == ["X"]
    with pytest.raises(DataError, match=r"doc.spans.*'other'.*'sc'|no group 'other'"):
        from_doc(doc, spans_key="other")
    doc.set_ents([])
    assert from_doc(doc).mentions == ()
    assert "doc.ents is empty" in caplog.text


def test_a_docbin_holds_everything(tmp_path):
    report = write([DOC], tmp_path / "a.spacy")
    assert report.lost == {}
    assert read(tmp_path / "a.spacy") == [DOC]


def test_a_docbin_that_spacy_wrote_is_read(tmp_path):
    spacy.tokens.DocBin(docs=[piped()]).to_disk(tmp_path / "a.spacy")
    assert [len(doc.mentions) for doc in read(tmp_path / "a.spacy")] == [2]


def test_spacy_reads_a_docbin_that_is_written(tmp_path):
    write([DOC], tmp_path / "a.spacy")
    (doc,) = spacy.tokens.DocBin().from_disk(tmp_path / "a.spacy").get_docs(spacy.blank("en").vocab)
    assert [entity.kb_id_ for entity in doc.ents] == ["Q7259", "NIL"]
    assert doc.user_data["nerlink"]["meta"] == {"year": 1843}


def test_without_spacy_it_is_told_how_to_get_it(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "spacy", None)
    with pytest.raises(DataError, match=r"pip install 'nerlink\[spacy\]'"):
        to_doc(DOC, None)
