import pytest

from nerlink.data import NIL
from nerlink.sources.ids import entity_of_ids, ids_of
from nerlink.sources.losses import Losses
from nerlink.sources.names import Names


def entity(ids, rule="first", **options):
    return entity_of_ids(ids, rule, Names("x"), Losses(), **options)


@pytest.mark.parametrize(
    ("ids", "expected"),
    [
        (" D008661", ("D008661", {})),
        ("D003110|D009369", ("D003110", {"all_ids": "D003110|D009369"})),
        ("D020279+D035583", ("D020279", {"all_ids": "D020279+D035583"})),
        ("-|D1", ("D1", {})),
        ("-1", (NIL, {})),
        ("-", (None, {})),
        ("", (None, {})),
        ("Paris, Texas", ("Paris, Texas", {})),
    ],
)
def test_the_first_id_is_the_entity_and_all_are_kept(ids, expected):
    assert entity(ids) == expected


def test_all_ids_may_be_the_entity_and_prefixes_cut():
    assert entity("MESH:D1|OMIM:2", "all") == ("MESH:D1|OMIM:2", {})
    assert entity("MESH:D1|OMIM:2", "all", prefix=False) == ("D1|2", {})
    assert entity("MESH:D1", prefix=False) == ("D1", {})


@pytest.mark.parametrize(
    ("value", "more", "cell"),
    [
        ("D1", {"all_ids": "D1|D2"}, "D1|D2"),
        ("D1", {"all_ids": "MESH:D1|D2"}, "MESH:D1|D2"),
        ("D9", {"all_ids": "D1|D2"}, "D9"),
        ("D1", {"all_ids": 5}, "D1"),
        (NIL, {}, "-1"),
        (None, {"all_ids": "D1|D2"}, ""),
    ],
)
def test_all_ids_are_written_while_the_entity_is_theirs(value, more, cell):
    assert ids_of(value, more) == cell
