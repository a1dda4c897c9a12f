import pytest

TEXT = "Ada Byron wrote to Acme for gears."


@pytest.fixture
def explained(run, joint_folder):
    return lambda *arguments: run("explain", joint_folder, *arguments)


def test_every_mention_is_explained(explained):
    result = explained(TEXT)
    assert result.code == 0
    first, second = result.out.strip().split("\n\n")
    assert first.split()[:2] == ["Ada", "Byron"]
    assert second.split()[:2] == ["Acme", "acme"]
    assert "closeness of its text" in second


def test_one_mention_can_be_chosen(explained):
    assert explained(TEXT, "--mention", "Acme").out.startswith("Acme")


def test_as_many_entities_are_shown_as_are_asked_for(explained):
    (line, *_) = explained(TEXT, "--mention", "Acme", "--options", "1").out.splitlines()
    assert line.split() == ["Acme", "acme"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((TEXT, "--mention", "Bob"), "no mention 'Bob' was found in the text. Found: 'Ada Byron'"),
        (("Nobody came.",), "no mention was found in the text"),
    ],
)
def test_a_mention_that_is_not_there_is_told(explained, arguments, message):
    result = explained(*arguments)
    assert result.code == 1
    assert message in result.err


def test_entities_are_named_beside_their_ids(explained):
    out = explained(TEXT, "--mention", "Acme").out
    assert "acme is Acme" in out.splitlines()[-2]
