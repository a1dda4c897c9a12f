import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nerlink.errors import DataError
from nerlink.kb import ThesaurusOptions
from nerlink.kb.thesauri.ids import ENTITIES, ShortIds, address_of, local_part, made_up_name


@pytest.mark.parametrize(
    ("address", "id_"),
    [
        ("http://www.wikidata.org/entity/Q90", "Q90"),
        ("http://example.org/wine#Red", "Red"),
        ("http://example.org/wine/", "wine"),
        ("http://dbpedia.org/resource/Caf%C3%A9_noir", "Café_noir"),
        ("http://purl.obolibrary.org/obo/MONDO_0000001", "MONDO:0000001"),
        ("urn:uuid:123-4", "123-4"),
        ("urn:nerlink:entity:a%2Fb", "a/b"),
        ("#Wine", "Wine"),
    ],
)
def test_the_last_part_of_an_address_is_the_id(address, id_):
    assert local_part(address) == id_
    assert ShortIds(ThesaurusOptions()).of(address, where="here") == id_


@pytest.mark.parametrize("id_", ["Q90", "GO:0005634", "a/b#c", "Ada Lovelace"])
def test_an_id_that_is_no_address_stays(id_):
    assert ShortIds(ThesaurusOptions()).of(id_, where="here") == id_


def test_two_addresses_of_one_id_are_refused_with_both():
    ids = ShortIds(ThesaurusOptions())
    ids.of("http://one.org/Q1", where="a.ttl")
    assert ids.of("http://one.org/Q1", where="a.ttl") == "Q1"
    message = (
        r"^b.ttl: http://two.org/Q1 and http://one.org/Q1 would both have the id 'Q1'. .*"
        r"--whole-ids\).*--prefix x:=http://two.org/\)\.$"
    )
    with pytest.raises(DataError, match=message):
        ids.of("http://two.org/Q1", where="b.ttl")


def test_whole_addresses_and_prefixes_tell_them_apart():
    whole = ShortIds(ThesaurusOptions(whole_ids=True))
    assert whole.of("http://one.org/Q1", where="") == "http://one.org/Q1"
    assert whole.of(f"{ENTITIES}Q1", where="") == "Q1"
    prefixes = {"one:": "http://one.org/", "deep:": "http://one.org/deep/"}
    ids = ShortIds(ThesaurusOptions(prefixes=prefixes))
    assert ids.of("http://one.org/Q1", where="") == "one:Q1"
    assert ids.of("http://one.org/deep/Q1", where="") == "deep:Q1"
    assert ids.of("http://two.org/Q1", where="") == "Q1"


@settings(max_examples=40)
@given(st.text(min_size=1, max_size=20))
def test_an_address_gives_its_id_back(id_):
    address = address_of(id_, ENTITIES)
    if address != id_:
        assert local_part(address) == id_


def test_a_made_up_name_has_blanks():
    assert made_up_name("http://dbpedia.org/resource/Red_wine") == "Red wine"
    assert made_up_name("biological_process") == "biological_process"
