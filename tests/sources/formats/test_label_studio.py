import json
import logging
from xml.etree import ElementTree

import pytest

from nerlink.data import NIL, Candidate, Document, Mention
from nerlink.sources import read, write

TEXT = "👩 Ada Lee flew to Oslo."


def region(name, start, end, label, **others):
    value = {"start": start, "end": end, "text": TEXT[start:end], "labels": [label]}
    return {
        "id": name,
        "from_name": "ner",
        "to_name": "t",
        "type": "labels",
        "value": value,
    } | others


def annotation(*results, **facts):
    return {"id": 5, "completed_by": 1, "was_cancelled": False, "result": list(results)} | facts


def export(tmp_path, *annotations, data=None, **others):
    task = {"id": 7, "data": data or {"text": TEXT}, "annotations": list(annotations), **others}
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task]), encoding="utf8")
    return path


def found(doc):
    return [(doc.surface(m), m.label, m.entity) for m in doc.mentions]


PER, LOC = region("a", 2, 9, "PER"), region("b", 18, 22, "LOC")


def test_regions_become_mentions_and_ids_of_task_and_annotator_are_kept(tmp_path):
    who = {"id": 1, "email": "bo@example.org"}
    data = {"text": TEXT, "source": "news"}
    (doc,) = read(export(tmp_path, annotation(LOC, PER, completed_by=who), data=data))
    assert found(doc) == [("Ada Lee", "PER", None), ("Oslo", "LOC", None)]
    assert doc.id == "7"
    facts = {"task_id": 7, "annotation_id": 5, "annotator": "bo@example.org"}
    assert doc.meta == {"source": "news", **facts}


def link(name, control, kind, said):
    value = {"start": 2, "end": 9, "text": "Ada Lee", kind: said}
    return {"id": name, "from_name": control, "to_name": "t", "type": kind, "value": value}


LINKS = {
    "typed": ({"type": "textarea", "value": {"start": 2, "end": 9, "text": ["Q7259"]}}, "wikidata"),
    "chosen": (link("a", "x", "choices", ["Q7259"]), "candidate"),
    "in a taxonomy": (link("a", "x", "taxonomy", [["people", "Q7259"]]), "entity"),
}


@pytest.mark.parametrize(("result", "control"), LINKS.values(), ids=LINKS)
def test_the_link_of_a_region_is_a_second_result_with_its_id(tmp_path, result, control):
    result = {**result, "id": "a", "from_name": control, "to_name": "t"}
    (doc,) = read(export(tmp_path, annotation(result, PER)))
    assert found(doc) == [("Ada Lee", "PER", "Q7259")]


def test_the_control_of_links_can_be_named_and_others_are_columns(tmp_path):
    results = [link("a", name, "choices", [said]) for name, said in (("who", "Q1"), ("sure", "no"))]
    (doc,) = read(export(tmp_path, annotation(PER, *results)), links="who")
    assert found(doc) == [("Ada Lee", "PER", "Q1")]
    assert doc.meta["mention_columns"] == {"sure": [["no"]]}


def test_cancelled_annotations_relations_and_drafts_are_counted(tmp_path, caplog):
    relation = {"type": "relation", "from_id": "a", "to_id": "b"}
    kept = annotation(PER, LOC, relation)
    path = export(tmp_path, annotation(was_cancelled=True), kept, drafts=[{}])
    assert len(read(path)[0].mentions) == 2
    assert "cancelled annotations (1), drafts (1), results of type relation (1)" in caplog.text
    assert read(export(tmp_path, annotation(PER, was_cancelled=True))) == []


BY = [annotation(PER, id=1, completed_by=1), annotation(LOC, id=2, completed_by=2)]


@pytest.mark.parametrize(
    ("options", "labels"),
    [
        ({}, [["LOC"]]),
        ({"several": "first"}, [["PER"]]),
        ({"several": "each"}, [["PER"], ["LOC"]]),
        ({"annotator": 1}, [["PER"]]),
        ({"annotator": "3"}, []),
    ],
    ids=str,
)
def test_of_several_annotators_an_option_chooses(tmp_path, options, labels):
    docs = read(export(tmp_path, *BY), **options)
    assert [[m.label for m in doc.mentions] for doc in docs] == labels
    assert len({doc.id for doc in docs}) == len(docs)


def test_ground_truth_goes_before_other_annotations(tmp_path):
    (doc,) = read(export(tmp_path, BY[0] | {"ground_truth": True}, BY[1]))
    assert [m.label for m in doc.mentions] == ["PER"]


def test_predictions_are_read_where_there_is_no_annotation_or_where_wanted(tmp_path, caplog):
    prediction = {"model_version": "m", "result": [region("a", 2, 9, "PER", score=0.5)]}
    (doc,) = read(export(tmp_path, predictions=[prediction]))
    assert doc.mentions[0].score == 0.5
    assert "tasks without annotations have predictions" in caplog.text
    both = export(tmp_path, annotation(LOC), predictions=[prediction])
    assert found(read(both)[0]) == [("Oslo", "LOC", None)]
    assert found(read(both, use="predictions")[0]) == [("Ada Lee", "PER", None)]


def test_offsets_of_old_exports_count_utf16_units(tmp_path, caplog):
    old = [
        one | {"value": one["value"] | {k: one["value"][k] + 1 for k in ("start", "end")}}
        for one in (PER, LOC)
    ]
    (doc,) = read(export(tmp_path, annotation(*old)))
    assert found(doc) == [("Ada Lee", "PER", None), ("Oslo", "LOC", None)]
    assert caplog.text.count("offsets count UTF-16 units") == 1


def test_one_bad_region_need_not_cost_its_task(tmp_path, caplog):
    path = export(tmp_path, annotation(PER, region("c", 18, 99, "LOC")))
    assert [len(doc.mentions) for doc in read(path, on_error="skip-mention")] == [1]
    assert "skipped 1 mention: offsets outside the text (1)" in caplog.text
    assert read(path, on_error="skip") == []


def test_json_min_is_read(tmp_path):
    record = {"id": 3, "text": TEXT, "label": [PER["value"]], "annotator": 1}
    (tmp_path / "min.json").write_text(json.dumps([record]), encoding="utf8")
    (doc,) = read(tmp_path / "min.json", format="label-studio")
    assert (doc.id, found(doc)) == ("3", [("Ada Lee", "PER", None)])


DOC = Document(
    id="a",
    text=TEXT,
    mentions=(
        Mention(start=2, end=9, label="PER", entity="Q7", candidates=(Candidate(entity="Q7"),)),
        Mention(start=18, end=22, label='A & "B"', entity=NIL),
    ),
)


def test_tasks_have_predictions_and_the_configuration_that_fits(tmp_path, caplog):
    caplog.set_level(logging.WARNING)
    config = tmp_path / "labels.xml"
    write([DOC], tmp_path / "t.json", format="label-studio", config=str(config))
    (task,) = json.loads((tmp_path / "t.json").read_text(encoding="utf8"))
    assert task["data"]["candidates"] == [{"value": "Q7"}, {"value": "NIL"}]
    controls = {node.get("name"): node for node in ElementTree.parse(config).iter()}  # noqa: S314
    result = task["predictions"][0]["result"]
    assert {one["from_name"] for one in result} == {"label", "candidate", "entity"}
    assert {one["from_name"] for one in result} | {"text"} == controls.keys() - {None}
    labels = {node.get("value") for node in controls["label"]}
    assert labels == {"PER", 'A & "B"'}
    assert caplog.text == ""


def test_without_a_configuration_it_is_said_how_to_get_one(tmp_path, caplog):
    write([DOC], tmp_path / "t.json", format="label-studio")
    assert "config='labels.xml'" in caplog.text
