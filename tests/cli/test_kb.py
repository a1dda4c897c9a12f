import json
import shutil

import pytest
import torch

from nerlink.models.storage.model import load_model, read_info


@pytest.fixture
def base(run, towns, tmp_path):
    assert run("kb", "build", towns, "--output", tmp_path / "towns.sqlite").code == 0
    return tmp_path / "towns.sqlite"


def test_build_makes_a_base_from_a_table(run, base):
    result = run("kb", "info", base)
    assert result.records[0]["entities"] == 2


def test_build_does_not_overwrite_unless_told(run, base, towns):
    assert run("kb", "build", towns, "--output", base).code == 1
    assert run("kb", "build", towns, "--output", base, "--overwrite").code == 0


@pytest.mark.parametrize("arguments", [["towns.sqlite", "towns.csv"], ["towns.csv"]])
def test_build_asks_for_the_file_to_write(run, arguments):
    result = run("kb", "build", *arguments)
    assert (result.code, "Missing option '--output'" in result.err) == (2, True)


def test_build_takes_other_column_names(run, tmp_path):
    (tmp_path / "t.csv").write_text("id,title,links\nQ1,Ulm,7\n", encoding="utf8")
    columns = ["--column", "name=title", "--column", "popularity=links"]
    assert run("kb", "build", tmp_path / "t.csv", "-o", tmp_path / "t.sqlite", *columns).code == 0
    assert run("kb", "show", tmp_path / "t.sqlite", "Q1").records[0]["popularity"] == 7


def test_build_reads_tables_in_other_encodings(run, tmp_path):
    (tmp_path / "t.csv").write_bytes("id,name\nQ1,Malmö\n".encode("cp1252"))
    build = ("kb", "build", tmp_path / "t.csv", "-o", tmp_path / "t.sqlite")
    refused = run(*build)
    assert refused.code == 1
    assert "--read encoding=cp1252" in refused.err
    assert run(*build, "--read", "encoding=cp1252").code == 0
    assert run("kb", "show", tmp_path / "t.sqlite", "Q1").records[0]["name"] == "Malmö"
    assert "no option 'encodin'; it has" in run(*build, "--read", "encodin=cp1252").err


def test_build_counts_the_links_of_documents_and_names_those_it_lacks(run, towns, gold, tmp_path):
    result = run("kb", "build", towns, "-o", tmp_path / "t.sqlite", "--count", gold)
    assert "1 link to entities that the base lacks, such as Q7259" in result.err
    best = run("kb", "search", tmp_path / "t.sqlite", "London").records[0]
    assert (best["entity"], best["count"]) == ("Q84", 1)


def test_build_leaves_no_base_where_the_documents_cannot_be_read(run, towns, tmp_path):
    result = run(
        "kb", "build", towns, "-o", tmp_path / "t.sqlite", "--count", tmp_path / "no.jsonl"
    )
    assert (result.code, "no such file" in result.err) == (1, True)
    assert not (tmp_path / "t.sqlite").exists()


def test_search_shows_candidates_most_likely_first(run, base):
    found = run("kb", "search", base, "london").records
    assert [record["entity"] for record in found] == ["Q84", "Q92561"]
    assert found[0]["description"] == "capital of the United Kingdom"
    assert len(run("kb", "search", base, "London", "--limit", "1").records) == 1


def test_search_that_finds_nothing_is_no_error(run, base):
    result = run("kb", "search", base, "Atlantis")
    assert (result.code, result.out) == (0, "")
    assert "no entity is called 'Atlantis'" in result.err


def test_search_finds_by_a_part_of_a_name(run, base):
    assert run("kb", "add", base, "--id", "Q7259", "--name", "Ada Lovelace").code == 0
    assert run("kb", "search", base, "Lovelace").records[0]["entity"] == "Q7259"


def test_added_entity_is_found_at_once(run, base):
    options = ["--id", "Q90", "--name", "Paris", "--type", "city", "--alias", "Lutetia"]
    assert run("kb", "add", base, *options).code == 0
    assert run("kb", "search", base, "Lutetia").records[0]["name"] == "Paris"


def test_entities_are_added_from_tables(run, base, tmp_path):
    (tmp_path / "more.jsonl").write_text(json.dumps({"id": "Q64", "name": "Berlin"}) + "\n")
    assert "1 added, now 3 entities" in run("kb", "add", base, tmp_path / "more.jsonl").err


def test_adding_needs_either_tables_or_an_id(run, base, towns):
    assert run("kb", "add", base).code == 2
    assert run("kb", "add", base, towns, "--id", "Q90").code == 2


def test_removed_entity_is_gone(run, base):
    assert run("kb", "remove", base, "Q84").code == 0
    assert run("kb", "info", base).records[0]["entities"] == 1


def test_removing_is_all_or_nothing(run, base):
    result = run("kb", "remove", base, "Q84", "Q404")
    assert result.code == 1
    assert "Q404" in result.err
    assert run("kb", "info", base).records[0]["entities"] == 2


def test_an_entity_gets_another_name(run, base):
    assert run("kb", "rename", base, "Q84", "London, England").code == 0
    best = run("kb", "search", base, "London").records[0]
    assert (best["entity"], best["name"]) == ("Q84", "London, England")


def test_an_entity_is_merged_into_another(run, base):
    assert run("kb", "add", base, "--id", "Q84-copy", "--name", "The Smoke").code == 0
    assert run("kb", "merge", base, "Q84-copy", "Q84").code == 0
    assert run("kb", "search", base, "The Smoke").records[0]["entity"] == "Q84"
    assert run("kb", "show", base, "Q84-copy").code == 1


def test_an_entity_that_is_not_there_is_told(run, base):
    for arguments in (
        ["remove", base, "Q9"],
        ["rename", base, "Q9", "Ulm"],
        ["merge", base, "Q9", "Q84"],
    ):
        result = run("kb", *arguments)
        assert (result.code, "no entity 'Q9'. Look for its id" in result.err) == (1, True)


def test_recall_of_other_ids_is_told(run, gold, tmp_path):
    (tmp_path / "t.csv").write_text("id,name\nother,Ulm\n", encoding="utf8")
    run("kb", "build", tmp_path / "t.csv", "-o", tmp_path / "t.sqlite")
    assert "Check that the ids agree" in run("kb", "recall", tmp_path / "t.sqlite", gold).err


def test_show_prints_entities(run, base):
    record = run("kb", "show", base, "Q84").records[0]
    assert (record["name"], record["popularity"]) == ("London", 900)


def test_recall_is_told_for_each_generator_and_for_all(run, base, gold):
    records = run("kb", "recall", base, gold).records
    alone = [["exact"], ["normalised"], ["acronym"], ["partial"]]
    assert [record["candidates"] for record in records] == [*alone, *[["normalised"]] * 2]
    assert [record["fill"] for record in records] == [*[[]] * 4, *[["acronym", "partial"]] * 2]
    assert records[1]["recall"] == {"1": 0.5, "5": 0.5, "10": 0.5, "30": 0.5, "all": 0.5}
    assert (records[1]["covered"], records[1]["nil_covered"]) == (1, 0)
    assert [record["in_document"] for record in records] == [False] * 5 + [True]


def test_recall_of_a_chain_of_ones_own(run, base, gold):
    options = ("--candidates", "exact", "--candidates", "acronym", "--fill", "partial")
    *_, chain, _, last = run("kb", "recall", base, gold, *options).records
    assert (chain["candidates"], chain["fill"]) == (["exact", "acronym"], [])
    assert (last["candidates"], last["fill"]) == (["exact", "acronym"], ["partial"])
    result = run("kb", "recall", base, gold, "--candidates", "fuzzy")
    assert (result.code, "kb.index_fuzzy()" in result.err) == (1, True)


def test_an_id_named_twice_is_removed_once(run, base):
    assert "1 removed" in run("kb", "remove", base, "Q84", "Q84").err


def test_what_is_known_of_one_entity_is_not_said_of_a_table(run, base, towns):
    result = run("kb", "add", base, towns, "--type", "city")
    assert (result.code, "Name tables of entities, or --id" in result.err) == (2, True)


def test_a_format_without_documents_is_refused(run, towns, tmp_path):
    assert run("kb", "build", towns, "-o", tmp_path / "t.sqlite", "--from", "conll").code == 2


def test_recall_refuses_unknown_generators_before_it_counts(run, base, gold):
    result = run("kb", "recall", base, gold, "--fill", "foo")
    assert (result.code, result.records) == (1, [])


def test_show_prints_nothing_where_an_id_is_unknown(run, base):
    result = run("kb", "show", base, "Q84", "Q9")
    assert (result.code, result.out) == (1, "")


def test_a_base_is_not_written_to_standard_output(run, tmp_path):
    (tmp_path / "firms.csv").write_text("id,name\na,Acme\n")
    code, _, words = run("kb", "build", str(tmp_path / "firms.csv"), "--output", "-")
    assert code == 2
    assert "is a SQLite file" in words


def test_entities_are_added_from_tables_of_other_columns_and_separators(run, base, tmp_path):
    (tmp_path / "t.csv").write_text("id,called,aliases\nQ64,Berlin,a;b\n")
    options = ["--column", "name=called", "--alias-separator", ";"]
    assert run("kb", "add", base, tmp_path / "t.csv", *options).code == 0
    record = run("kb", "show", base, "Q64").records[0]
    assert (record["name"], record["aliases"]) == ("Berlin", {"a": 0, "b": 0})


def test_duplicates_are_left_out_where_that_is_wanted(run, base, towns, tmp_path):
    result = run("kb", "add", base, towns)
    assert (result.code, "(--skip-duplicates)" in result.err) == (1, True)
    assert "0 added, now 2 entities" in run("kb", "add", base, towns, "--skip-duplicates").err
    (tmp_path / "t.csv").write_text("id,name\na,Acme\na,Ajax\n")
    made = ["kb", "build", tmp_path / "t.csv", "-o", tmp_path / "t.sqlite"]
    assert run(*made).code == 1
    assert run(*made, "--skip-duplicates").code == 0
    assert [one["name"] for one in run("kb", "show", tmp_path / "t.sqlite", "a").records] == [
        "Acme"
    ]


def test_recall_of_documents_without_links_is_told(run, base, tmp_path):
    (tmp_path / "none.jsonl").write_text("")
    assert "0 documents without any link" in run("kb", "recall", base, tmp_path / "none.jsonl").err


def test_misspelt_surfaces_are_found_after_indexing(run, base):
    result = run("kb", "search", base, "Londn", "--fuzzy")
    assert (result.code, f"nerlink kb index --fuzzy {base}" in result.err) == (1, True)
    assert run("kb", "index", base).code == 2
    assert run("kb", "index", "--fuzzy", base).code == 0
    assert run("kb", "search", base, "Londn", "--fuzzy").records[0]["entity"] == "Q84"


def test_a_folder_without_a_base_is_told(run, tmp_path):
    result = run("kb", "show", tmp_path, "Q84")
    assert (result.code, "is a folder, and not of a model that links" in result.err) == (1, True)


@pytest.mark.parametrize("inside", ["", "kb.sqlite"])
def test_a_model_reads_added_entities_at_once_and_keeps_what_it_read(
    run, joint_folder, tmp_path, inside
):
    folder = tmp_path / "model"
    shutil.copytree(joint_folder, folder)
    result = run("kb", "add", folder / inside, "--id", "ulm", "--name", "Ulm", "--type", "LOC")
    assert (result.code, "the model has read the new texts" in result.err) == (0, True)
    linker = load_model(folder).linker
    assert linker.prototypes.version == linker.lookup.kb.version
    assert linker.prototypes.text_of(torch.tensor([linker.lookup.kb.row("ulm")])).any()
    assert read_info(folder).n_entities == 8


DRINKS = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
<http://a.org/wine> a skos:Concept ; skos:prefLabel "wine"@en, "Wein"@de ; skos:altLabel "vino"@en ;
  skos:broader <http://a.org/drink> .
<http://a.org/drink> a skos:Concept ; skos:prefLabel "drink"@en, "Getränk"@de .
"""


@pytest.fixture
def thesaurus(tmp_path):
    (tmp_path / "drinks.ttl").write_text(DRINKS, encoding="utf8")
    return tmp_path / "drinks.ttl"


def test_build_makes_a_base_of_a_thesaurus(run, thesaurus, tmp_path, caplog):
    command = ("kb", "build", thesaurus, "-o", tmp_path / "t.sqlite")
    assert run(*command, "--language", "de").code == 0
    assert "drinks.ttl: left out 3 texts in other languages" in caplog.text
    record = run("kb", "show", tmp_path / "t.sqlite", "wine").records[0]
    assert (record["name"], record["type"]) == ("Wein", "Getränk")


def test_options_of_thesauri_are_passed_on(run, thesaurus, base, tmp_path):
    options = ["--type-from", "none", "--prefix", "A:=http://a.org/", "--synonyms", "broad"]
    for command in (["build", thesaurus, "-o", tmp_path / "t.sqlite"], ["add", base, thesaurus]):
        assert run("kb", *command, "--language", "en", *options).code == 0
    for path in (tmp_path / "t.sqlite", base):
        record = run("kb", "show", path, "A:wine").records[0]
        assert (record["name"], record["type"], record["aliases"]) == ("wine", None, {})
    assert run("kb", "add", base, thesaurus, "--language", "en", "--whole-ids").code == 0
    assert run("kb", "show", base, "http://a.org/wine").records[0]["aliases"] == {"vino": 0}


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--language", "fr"], 1, "drinks.ttl: no label is in 'fr'; they are in en (3), de (2)"),
        (["--type-from", "parents"], 1, "type_from is 'parents'; it can be parent, broader,"),
        (["--prefix", "MESH:"], 2, "--prefix 'MESH:' is not of the form PREFIX=ADDRESS"),
    ],
)
def test_a_wrong_option_of_thesauri_is_told(run, thesaurus, tmp_path, options, code, words):
    result = run("kb", "build", thesaurus, "-o", tmp_path / "t.sqlite", *options)
    assert result.code == code
    assert words in " ".join(result.err.replace("│", " ").split())
    assert not (tmp_path / "t.sqlite").exists()


@pytest.mark.parametrize("ending", ["jsonl", "csv", "ttl"])
def test_export_writes_what_build_reads(run, base, tmp_path, ending, caplog):
    assert run("kb", "add", base, "--id", "Q90", "--name", "Paris", "--alias", "Lutetia").code == 0
    result = run("kb", "export", base, "--output", tmp_path / f"towns.{ending}")
    assert (result.code, "3 entities in" in result.err) == (0, True)
    assert ("SKOS does not hold 2 popularities" in caplog.text) == (ending == "ttl")
    again = tmp_path / "again.sqlite"
    assert run("kb", "build", tmp_path / f"towns.{ending}", "-o", again).code == 0
    assert run("kb", "info", again).records[0]["entities"] == 3
    assert run("kb", "search", again, "Lutetia").records[0]["entity"] == "Q90"


def test_export_writes_to_standard_output(run, base):
    assert run("kb", "export", base, "-o", "-", "--to", "jsonl").records[0]["id"] == "Q84"
    skos = run("kb", "export", base, "-o", "-", "--to", "skos", "--address", "http://x.org/").out
    assert "<http://x.org/Q84> a skos:Concept" in skos
    result = run("kb", "export", base, "-o", "-")
    assert (result.code, "the format with format=... (--to ...)" in result.err) == (1, True)


def test_a_base_without_entities_is_said(run, tmp_path):
    (tmp_path / "none.csv").write_text("id,name\n")
    made = run("kb", "build", tmp_path / "none.csv", "--output", tmp_path / "none.sqlite")
    assert (made.code, "No table has a row" in made.err) == (0, True)
