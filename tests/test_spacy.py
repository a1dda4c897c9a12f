import copy
import json
import logging
import pickle
import shutil
import tomllib
from importlib import import_module
from pathlib import Path

import pytest

spacy = pytest.importorskip("spacy")

from spacy.tokenizer import Tokenizer  # noqa: E402
from spacy.tokens import DocBin, Span  # noqa: E402
from spacy.training import Example  # noqa: E402

import nerlink  # noqa: E402
from nerlink.errors import ConfigError, DataError, StorageError  # noqa: E402
from nerlink.pipeline import Pipeline  # noqa: E402
from nerlink.spacy import LinkedEntities  # noqa: E402

TEXT = "Cows walk to Paris in Texas at dawn."
ANSWER = [("Paris", "LOC", "paris-texas"), ("Texas", "LOC", "texas")]


def pipeline_with(model, *, splits_at_blanks=False, **config):
    nlp = spacy.blank("en")
    if splits_at_blanks:
        nlp.tokenizer = Tokenizer(nlp.vocab)
    nlp.add_pipe("nerlink", config={"model": str(model), **config})
    return nlp


@pytest.fixture(scope="module")
def nlp(joint_folder):
    return pipeline_with(joint_folder)


def found(doc):
    return [(ent.text, ent.label_, ent.kb_id_) for ent in doc.ents]


def test_entities_have_label_and_id(nlp):
    doc = nlp(TEXT)
    assert found(doc) == ANSWER
    assert [(span.text, span.kb_id_) for span in doc.spans["nerlink"]] == [
        ("Paris", "paris-texas"),
        ("Texas", "texas"),
    ]


def test_scores_and_candidates_are_those_of_the_pipeline_as_json(nlp, joint_folder):
    doc = nlp(TEXT)
    expected = Pipeline.load(joint_folder)(TEXT)
    about = doc.ents[0]._.nerlink
    assert (about["score"], about["link_score"]) == (
        expected.mentions[0].score,
        expected.mentions[0].link_score,
    )
    assert [c["entity"] for c in about["candidates"]] == ["paris-texas", "paris"]
    written = json.loads(json.dumps(doc.to_json(underscore=["nerlink"])))
    assert written["_"]["nerlink"]["mentions"][0] == about
    assert doc[0:1]._.nerlink is None
    assert spacy.blank("en")("Paris")[0:1]._.nerlink is None
    assert nerlink.from_doc(doc).mentions == expected.mentions


def test_texts_in_batches_are_tagged_as_one_by_one(nlp):
    texts = [TEXT, "", "Nobody came.", "Ada Byron wrote to Acme for gears."] * 3
    one_by_one = [found(nlp(text)) for text in texts]
    for size in (1, 5, 100):
        assert [found(doc) for doc in nlp.pipe(texts, batch_size=size)] == one_by_one
    assert one_by_one[0] == ANSWER


def test_a_batch_goes_through_the_model_together(nlp, monkeypatch):
    sizes = []
    component = nlp.get_pipe("nerlink")
    stream = component.pipeline.stream

    def counted(documents, **options):
        documents = list(documents)
        sizes.append(len(documents))
        return stream(documents, **options)

    monkeypatch.setattr(component.pipeline, "stream", counted)
    assert len(list(nlp.pipe([TEXT] * 7, batch_size=3))) == 7
    assert sizes == [3, 3, 1]


def test_two_processes_answer_as_one(nlp):
    texts = [TEXT, "Ada Byron wrote to Acme for gears."] * 3
    alone = [(found(doc), doc._.nerlink) for doc in nlp.pipe(texts)]
    assert [(found(d), d._.nerlink) for d in nlp.pipe(texts, n_process=2, batch_size=2)] == alone


def pickled(one):
    return pickle.loads(pickle.dumps(one))  # noqa: S301


@pytest.mark.parametrize("again", [copy.deepcopy, pickled])
def test_a_copy_and_a_pickle_answer_alike(nlp, again):
    assert found(again(nlp)(TEXT)) == ANSWER
    component = again(nlp.get_pipe("nerlink"))
    assert found(component(spacy.blank("en")(TEXT))) == ANSWER


def test_a_mention_inside_a_token_is_widened_counted_and_kept_exactly(joint_folder, caplog):
    nlp = pipeline_with(joint_folder, splits_at_blanks=True)
    text = "Cows walk to Paris, in Texas, at dawn."
    with caplog.at_level(logging.WARNING):
        doc, _ = nlp.pipe([text, text])
    assert [ent.text for ent in doc.ents] == ["Paris,", "Texas,"]
    assert doc._.nerlink["misaligned"] == 2
    about = doc.ents[0]._.nerlink
    assert (about["start"], about["end"], about["span"]) == (13, 18, [13, 19])
    assert about == doc.spans["nerlink"][0]._.nerlink
    assert [nerlink.from_doc(doc).surface(m) for m in nerlink.from_doc(doc).mentions] == [
        "Paris",
        "Texas",
    ]
    (message,) = [record.message for record in caplog.records]
    assert "a mention lies inside a token of spaCy: 'Paris' in 'Paris,'" in message


@pytest.mark.parametrize(
    ("mode", "ents"),
    [("strict", ["Texas"]), ("contract", ["Texas"]), ("expand", ["Paris,", "Texas"])],
)
def test_the_alignment_mode_is_that_of_the_entities_alone(joint_folder, mode, ents):
    nlp = pipeline_with(joint_folder, splits_at_blanks=True, alignment_mode=mode)
    doc = nlp("Cows walk to Paris, in Texas at dawn.")
    assert [ent.text for ent in doc.ents] == ents
    assert [span.text for span in doc.spans["nerlink"]] == ["Paris,", "Texas"]


def test_mentions_that_share_a_token_are_all_in_the_group(joint_folder):
    nlp = pipeline_with(joint_folder, splits_at_blanks=True)
    doc = nlp("Cows walk to Paris,Texas at dawn.")
    assert [ent.text for ent in doc.ents] == ["Paris,Texas"]
    exact = [(m["start"], m["end"]) for m in doc._.nerlink["mentions"]]
    assert exact == [(13, 18), (19, 24)]
    assert [(m.start, m.end) for m in nerlink.from_doc(doc).mentions] == exact


def test_the_group_has_the_name_that_it_is_given_or_is_left_out(joint_folder):
    assert list(pipeline_with(joint_folder, spans_key="links")(TEXT).spans) == ["links"]
    assert list(pipeline_with(joint_folder, spans_key=None)(TEXT).spans) == []


RULES = [
    {"label": "RULE", "pattern": "Paris", "id": "town"},
    {"label": "RULE", "pattern": "Cows walk"},
]


def ruled(model, **config):
    nlp = spacy.blank("en")
    nlp.add_pipe("entity_ruler").add_patterns(RULES)
    nlp.add_pipe("nerlink", config={"model": str(model), **config})
    return nlp


def test_entities_of_another_component_go_or_stay(joint_folder):
    assert found(ruled(joint_folder)(TEXT)) == ANSWER
    stay = ruled(joint_folder, overwrite_ents=False)(TEXT)
    assert found(stay) == [("Cows walk", "RULE", ""), ("Paris", "RULE", ""), ANSWER[1]]


def test_entities_of_another_component_are_linked_alone(joint_folder):
    doc = ruled(joint_folder, link_only=True)(TEXT)
    cows, paris = doc.ents
    assert (cows.label_, cows.kb_id_) == ("RULE", "NIL")
    assert (paris.label_, paris.ent_id_) == ("RULE", "town")
    assert paris.kb_id_ in ("paris", "paris-texas")
    assert paris._.nerlink["candidates"]
    assert doc._.nerlink["misaligned"] == 0


def test_links_that_are_there_stay_where_nothing_is_to_be_overwritten(joint_folder):
    for overwrite, kept in ((True, False), (False, True)):
        nlp = pipeline_with(joint_folder, link_only=True, overwrite_ents=overwrite)
        doc = nlp.make_doc(TEXT)
        doc.ents = [Span(doc, 3, 4, label="X", kb_id="mine"), Span(doc, 5, 6, label="X")]
        paris, texas = nlp(doc).ents
        assert (paris.kb_id_ == "mine", texas.kb_id_) == (kept, "texas")


def test_a_threshold_and_a_precision_reach_the_model(joint_folder):
    nlp = pipeline_with(joint_folder, threshold=1.0, device="cpu", precision="bf16")
    assert [kb_id for _, _, kb_id in found(nlp(TEXT))] == ["NIL", "NIL"]
    assert nlp.get_pipe("nerlink").pipeline.info()["precision"] == "bf16"


def test_a_saved_pipeline_brings_its_model_along(joint_folder, tmp_path):
    model = shutil.copytree(joint_folder, tmp_path / "model")
    pipeline_with(model).to_disk(tmp_path / "nlp")
    shutil.rmtree(model)
    moved = shutil.move(tmp_path / "nlp", tmp_path / "elsewhere")
    nlp = spacy.load(moved)
    assert found(nlp(TEXT)) == ANSWER
    nlp.to_disk(moved)  # over itself
    assert found(spacy.load(moved)(TEXT)) == found(nlp(TEXT)) == ANSWER


def test_a_pipeline_may_be_saved_without_its_model(joint_folder, tmp_path, nlp):
    nlp.to_disk(tmp_path / "nlp", exclude=["nerlink"])
    assert not (tmp_path / "nlp" / "nerlink").exists()
    assert found(spacy.load(tmp_path / "nlp")(TEXT)) == ANSWER


def test_the_scores_are_those_of_spacy(nlp):
    reference = nlp.make_doc(TEXT)
    reference.ents = [
        Span(reference, 3, 4, label="LOC", kb_id="paris"),
        Span(reference, 5, 6, label="LOC", kb_id="texas"),
    ]
    scores = nlp.evaluate([Example(nlp.make_doc(TEXT), reference)])
    assert (scores["ents_f"], scores["nel_micro_f"]) == (1.0, 0.5)
    assert scores["ents_per_type"]["LOC"]["f"] == 1.0


def test_a_model_that_is_missing_is_named_when_it_is_needed():
    nlp = spacy.blank("en")
    nlp.add_pipe("nerlink")
    with pytest.raises(ConfigError, match="the component 'nerlink' has no model"):
        nlp(TEXT)
    with pytest.raises(StorageError, match="no-such-model"):
        pipeline_with("./no-such-model")(TEXT)


def test_a_text_that_cannot_be_tagged_goes_to_the_error_handler(joint_folder):
    nlp = pipeline_with(joint_folder)
    bad = "a\0b"
    with pytest.raises(DataError, match="NUL"):
        list(nlp.pipe([TEXT, bad]))
    failed = []
    nlp.set_error_handler(lambda name, proc, docs, error: failed.extend(docs))
    assert [found(doc) for doc in nlp.pipe([TEXT, bad, TEXT])] == [ANSWER, ANSWER]
    assert [doc.text for doc in failed] == [bad]


def test_spacy_finds_the_component_by_its_entry_point():
    project = tomllib.loads(Path("pyproject.toml").read_text(encoding="utf8"))["project"]
    home, _, name = project["entry-points"]["spacy_factories"]["nerlink"].partition(":")
    assert getattr(import_module(home), name) is LinkedEntities
    assert spacy.registry.factories.get("nerlink") is LinkedEntities


def test_what_a_model_marks_is_all_there_is(nlp):
    doc = nlp.make_doc(TEXT)
    doc.user_data["nerlink"] = {"complete": False}
    assert nerlink.from_doc(nlp(doc)).complete


def test_what_was_found_goes_through_a_file(nlp, tmp_path):
    doc = nlp(TEXT)
    DocBin(docs=[doc], store_user_data=True).to_disk(tmp_path / "a.spacy")
    (back,) = DocBin().from_disk(tmp_path / "a.spacy").get_docs(spacy.blank("en").vocab)
    assert (found(back), back.ents[0]._.nerlink["start"]) == (ANSWER, 13)
    (read,) = nerlink.read(tmp_path / "a.spacy")
    assert read.mentions == nerlink.from_doc(doc).mentions
