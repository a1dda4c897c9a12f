import pytest

from nerlink.errors import DataError
from nerlink.sources.names import MENTION_NAMES, TOKEN_NAMES, Names, plain


@pytest.mark.parametrize("name", ["Start_Offset", "startOffset", "start offset", "start-offset"])
def test_case_and_marks_of_a_name_do_not_count(name):
    assert plain(name) == "startoffset"


@pytest.mark.parametrize(
    ("keys", "plan"),
    [
        (["begin", "finish", "type"], {"start": "begin", "end": "finish", "label": "type"}),
        (["start", "end", "label", "type"], {"start": "start", "end": "end", "label": "label"}),
        (["entity", "kb_id"], {"label": "entity", "entity": "kb_id"}),
        (["Label", "ner"], {"label": "Label"}),
        (["age"], {}),
    ],
)
def test_keys_of_mentions_are_found(keys, plan):
    assert Names("x").find(keys, MENTION_NAMES, where="x:1") == plan


def test_several_keys_that_may_be_meant_are_refused_with_the_option():
    with pytest.raises(DataError, match=r"x:1: 'type' or 'tag' may be 'label'.*columns="):
        Names("x").find(["type", "tag"], MENTION_NAMES, where="x:1")


def test_a_name_that_the_user_gives_is_not_guessed():
    names = Names("x", {"label": "tag"})
    assert names.find(["type", "tag"], MENTION_NAMES, where="x") == {"label": "tag"}
    assert names.find(["type"], MENTION_NAMES, where="x") == {}


def test_nothing_is_guessed_where_that_is_off():
    assert Names("x", guess=False).find(["word", "tag"], TOKEN_NAMES, where="x") == {}


def test_what_is_read_is_said_once_a_source(caplog):
    for source in ("a", "b"):
        names = Names(source)
        for _ in range(2):
            names.find(["Word", "Tag"], TOKEN_NAMES, where=source)
    assert [record.getMessage() for record in caplog.records] == [
        "a: 'Word' is read as 'token', 'Tag' is read as 'ner'.",
        "b: 'Word' is read as 'token', 'Tag' is read as 'ner'.",
    ]
