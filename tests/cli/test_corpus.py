import pytest

CARD = """
title = "Greetings"
language = "en"
licence = "CC0-1.0"
source = "written for this test"
labels = ["PER"]
format = "conll"

[options]
columns = ["token", "ner"]

[splits.train]
file = "train.conll"
mentions = 1
"""


@pytest.fixture
def greetings(tmp_path):
    """A folder with a card and the public file it means."""
    folder = tmp_path / "greetings"
    folder.mkdir()
    (folder / "card.toml").write_text(CARD, encoding="utf8")
    (folder / "train.conll").write_text("Hello O\nAda B-PER\n", encoding="utf8")
    return folder


def test_corpora_with_a_card_are_listed(run):
    records = {record["name"]: record for record in run("corpus", "list").records}
    assert records["tiny-news"]["licence"] == "CC0-1.0"
    assert set(records["tiny-news"]) == {"name", "title", "language", "licence"}


def test_public_files_become_json_lines(run, greetings, tmp_path):
    built = tmp_path / "built"
    result = run("corpus", "build", greetings, "--files", greetings, "--output", built)
    assert (result.code, result.out) == (0, "")
    assert "Ada" in (built / "train.jsonl").read_text(encoding="utf8")


def test_from_is_no_folder(run, greetings, tmp_path):
    result = run("corpus", "build", greetings, "--from", greetings, "--output", tmp_path / "built")
    assert (result.code, result.out) == (2, "")
    assert "No such option: --from" in result.err
    assert not (tmp_path / "built").exists()


def test_public_files_are_fetched_into_a_folder(run, greetings, tmp_path):
    address = (greetings / "train.conll").as_uri().replace("file://", "http://127.0.0.1:9")
    path = greetings / "card.toml"
    path.write_text(path.read_text().replace("mentions = 1", f'url = "{address}"'))
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "train.conll").write_text("Ada B-PER\n", encoding="utf8")
    result = run("corpus", "fetch", greetings, "--output", tmp_path / "kept")
    assert (result.code, result.out) == (0, "")
    assert "kept: 1 file\n" in result.err
    (tmp_path / "kept" / "train.conll").unlink()
    result = run("corpus", "fetch", greetings, "--output", tmp_path / "kept")
    assert result.code == 1
    assert "Without a network, get the file elsewhere and run: nerlink corpus build" in result.err


def test_corpus_without_addresses_cannot_be_fetched(run):
    result = run("corpus", "fetch", "aida")
    assert result.code == 1
    assert "The card of 'aida' has no address for train.jsonl" in result.err


def test_file_that_is_not_the_one_the_card_means_is_refused(run, greetings, tmp_path):
    (greetings / "train.conll").write_text("Hello O\n", encoding="utf8")
    result = run("corpus", "build", greetings, "--files", greetings, "--output", tmp_path / "built")
    assert result.code == 1
    assert not (tmp_path / "built").exists()


def test_unknown_corpus_is_an_error_that_names_the_nearest(run):
    result = run("corpus", "build", "tiny-new")
    assert result.code == 1
    assert "Did you mean 'tiny-news'?" in result.err
