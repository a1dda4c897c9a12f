import pytest

from nerlink.sources import READERS, WRITERS


def test_all_formats_are_listed_with_their_endings(run):
    result = run("formats")
    assert result.code == 0
    lines = {line.split()[0]: line for line in result.err.splitlines() + result.out.splitlines()}
    assert set(lines) >= {*READERS, *WRITERS}
    assert ".txt" in lines["text"]


@pytest.mark.parametrize(
    ("name", "option"),
    [
        ("text", "--read lines=False: Each line is a document of its own"),
        ("conll", "--read scheme='auto': The tags' scheme"),
        ("csv", "--read separator=None: The character between two cells"),
        ("csv", "--write shape='document': What a row is"),
        ("tsv", "--read fill_down=False"),
        ("jsonl", "--read guess=True"),
    ],
)
def test_options_of_a_format_are_shown_with_their_meaning(run, name, option):
    result = run("formats", name)
    assert option in result.err + result.out


def test_a_format_that_is_none_is_named(run):
    result = run("formats", "docx")
    assert (result.code, "there is no format 'docx'" in result.err) == (1, True)
