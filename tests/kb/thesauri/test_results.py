import json

import pytest

from nerlink.errors import DataError
from nerlink.kb import BuildOptions, KnowledgeBase, ThesaurusOptions

WIKIDATA = "http://www.wikidata.org/entity/"
RECORDS = [
    {
        "item": f"{WIKIDATA}Q90",
        "itemLabel": "Paris",
        "itemDescription": "capital of France",
        "itemAltLabel": "City of Light, Lutetia",
    },
    {"item": f"{WIKIDATA}Q64", "itemLabel": "Berlin"},
]


def as_csv(records):
    lines = [",".join(RECORDS[0])]
    for record in records:
        lines.append(",".join(f'"{record.get(name, "")}"' for name in RECORDS[0]))
    return "\n".join(lines) + "\n"


def as_result(records, variable="item"):
    """The JSON of the standard, as the button `JSON file (verbose)` of Wikidata gives it."""
    rename = {name: name.replace("item", variable) for name in RECORDS[0]}
    bindings = [
        {rename[name]: {"type": "literal", "value": value} for name, value in record.items()}
        for record in records
    ]
    return json.dumps({"head": {"vars": list(rename.values())}, "results": {"bindings": bindings}})


FILES = {
    "cities.csv": as_csv(RECORDS),
    "cities.json": as_result(RECORDS),
    "other variable.json": as_result(RECORDS, "town"),
    "records.json": json.dumps(RECORDS),
}


@pytest.mark.parametrize("name", FILES)
def test_ids_are_cut_from_addresses_and_aliases_taken_apart(tmp_path, name, caplog):
    (tmp_path / name).write_text(FILES[name], encoding="utf8")
    with KnowledgeBase.create(tmp_path / "kb.sqlite", tmp_path / name) as kb:
        assert {one: kb[one].name for one in kb} == {"Q90": "Paris", "Q64": "Berlin"}
        assert kb["Q90"].description == "capital of France"
        assert kb["Q90"].aliases == {"City of Light": 0, "Lutetia": 0}
    assert "Commas part the aliases in 1 cell, such as 'City of Light, Lutetia', as" in caplog.text


def test_a_separator_that_is_said_and_whole_addresses_are_kept(tmp_path):
    options = BuildOptions(alias_separator="|", thesauri=ThesaurusOptions(whole_ids=True))
    with KnowledgeBase.create(tmp_path / "kb.sqlite", RECORDS, options=options) as kb:
        assert kb[f"{WIKIDATA}Q90"].aliases == {"City of Light, Lutetia": 0}


def test_rows_of_one_item_are_one_entity(tmp_path):
    rows = [RECORDS[0] | {"itemAltLabel": alias} for alias in ("City of Light", "Lutetia")]
    (tmp_path / "cities.json").write_text(as_result(rows), encoding="utf8")
    with KnowledgeBase.create(tmp_path / "kb.sqlite", tmp_path / "cities.json") as kb:
        assert kb["Q90"].aliases == {"City of Light": 0, "Lutetia": 0}


def test_two_addresses_of_one_id_are_refused_with_both(tmp_path):
    rows = [RECORDS[0], RECORDS[1] | {"item": "http://dbpedia.org/resource/Q90"}]
    (tmp_path / "cities.json").write_text(as_result(rows), encoding="utf8")
    match = (
        rf"cities.json: results.bindings\[1\]: http://dbpedia.org/resource/Q90 and {WIKIDATA}Q90"
    )
    with pytest.raises(DataError, match=match):
        KnowledgeBase.create(tmp_path / "kb.sqlite", tmp_path / "cities.json")


def test_addresses_in_other_tables_stay(tmp_path):
    rows = [{"id": f"{WIKIDATA}Q90", "name": "Paris"}]
    with KnowledgeBase.create(tmp_path / "kb.sqlite", rows) as kb:
        assert list(kb) == [f"{WIKIDATA}Q90"]


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (FILES["cities.json"][:-20], "cities.json"),
        ('{"head": {}, "results": {"bindings": []}}', "without a list in head.vars or in results"),
        (
            '{"head": {"vars": ["item"]}, "results": {"bindings": [7]}}',
            r"results.bindings\[0\] is 7; it must be an object",
        ),
        (
            '{"head": {"vars": ["item"]}, "results": {"bindings": [{"item": "Q1"}]}}',
            r"cities.json: results.bindings\[0\].item is 'Q1'; it must be an object",
        ),
    ],
)
def test_a_broken_result_is_refused_with_its_place(tmp_path, content, match):
    (tmp_path / "cities.json").write_text(content, encoding="utf8")
    with pytest.raises(DataError, match=match):
        KnowledgeBase.create(tmp_path / "kb.sqlite", tmp_path / "cities.json")
