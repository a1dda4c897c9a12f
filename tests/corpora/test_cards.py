from pathlib import Path

import pytest

from nerlink.corpora import find_corpus, list_cards, load_split, read_card
from nerlink.corpora.cards import data_folder, find_card_folder
from nerlink.errors import ConfigError, DataError

CARD = """
title = "Letters"
language = "en"
licence = "CC0-1.0"
source = "written for a test"
labels = ["PER"]
format = "jsonl"

[splits.train]
file = "train.jsonl"
documents = 1
"""


@pytest.fixture(autouse=True)
def corpora(tmp_path, monkeypatch):
    monkeypatch.setenv("NERLINK_CORPORA", str(tmp_path / "corpora"))
    return tmp_path / "corpora"


def make_corpus(folder, card=CARD, split='{"text": "Ada"}\n'):
    folder.mkdir(parents=True)
    (folder / "card.toml").write_text(card)
    if split:
        (folder / "train.jsonl").write_text(split)
    return folder


def test_card_is_read(tmp_path):
    card = read_card(make_corpus(tmp_path / "letters"))
    assert (card.name, card.labels, card.splits["train"].documents) == ("letters", ("PER",), 1)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (CARD.replace("licence", "license"), "license is not a known key, did you mean licence"),
        (CARD.replace("[splits.train]", "[splits.exam]"), "card.toml: splits.exam"),
        (CARD + 'sha256 = "abc"\n', "splits.train.sha256 = 'abc'"),
        ("title =", "not valid TOML"),
    ],
)
def test_wrong_card_is_refused(tmp_path, card, message):
    with pytest.raises(ConfigError, match=message):
        read_card(make_corpus(tmp_path / "letters", card))


def test_corpus_is_found_by_name_and_by_folder(corpora):
    folder = make_corpus(corpora / "letters")
    assert find_corpus("letters") == find_corpus(folder) == folder
    assert [doc.text for doc in load_split("letters", "train")] == ["Ada"]


def test_bundled_corpus_is_found():
    assert {path.name for path in find_corpus("tiny-news").iterdir()} >= {"train.jsonl"}


def test_public_corpora_have_cards():
    names = {card.name for card in list_cards()}
    assert names >= {"aida", "conll2002-es", "conll2003-en", "weibo", "wikiann-en", "wnut17"}


def test_unknown_corpus_names_the_nearest():
    with pytest.raises(DataError, match=r"no corpus 'tinynews'; .* Did you mean 'tiny-news'"):
        find_corpus("tinynews")


COLUMNS_CARD = """
title = "Mine"
language = "en"
licence = "mine"
source = "my desk"
labels = ["PER"]
format = "conll"

[options]
columns = ["token", "_", "ner"]
scheme = "iob1"
documents = "sentences"
remove = "^en:"

[splits.train]
file = "my train.txt"
"""


def test_folder_with_a_card_and_its_files_needs_no_building(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "card.toml").write_text(COLUMNS_CARD)
    (folder / "my train.txt").write_text("en:Ada X I-PER\nen:met X O\n\nen:Bea X I-PER\n")
    assert find_corpus(folder) == folder
    docs = load_split(folder, "train")
    assert [(doc.id, doc.text) for doc in docs] == [("train-1", "Ada met"), ("train-2", "Bea")]
    assert [doc.mentions[0].label for doc in docs] == ["PER", "PER"]


def test_folder_that_lacks_a_file_of_its_card_is_not_ready(tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "card.toml").write_text(COLUMNS_CARD)
    with pytest.raises(DataError, match=r"'mine' is not built: .*Get its files \(my desk\)"):
        find_corpus(folder)


def test_corpus_with_addresses_is_built_without_further_ado():
    with pytest.raises(DataError, match=r"'wnut17' is not built.*: nerlink corpus build wnut17$"):
        find_corpus("wnut17")


def test_corpus_that_is_not_built_says_how_to():
    with pytest.raises(
        DataError, match=r"'aida' is not built: .* nerlink corpus build aida --files"
    ):
        find_corpus("aida")


def test_built_corpus_comes_before_the_card_alone(corpora):
    folder = make_corpus(corpora / "aida")
    assert find_corpus("aida") == folder
    assert read_card(find_card_folder("aida")).format == "aida"


def test_missing_split_lists_the_others(corpora):
    make_corpus(corpora / "letters")
    with pytest.raises(DataError, match="has no split 'test'; it has train"):
        load_split("letters", "test")


@pytest.mark.parametrize(
    ("platform", "variables", "expected"),
    [
        ("linux", {"XDG_DATA_HOME": "/x"}, "/x/nerlink/corpora"),
        ("linux", {}, "/home/ada/.local/share/nerlink/corpora"),
        ("darwin", {}, "/home/ada/Library/Application Support/nerlink/corpora"),
        ("win32", {"LOCALAPPDATA": "/l"}, "/l/nerlink/corpora"),
    ],
)
def test_data_folder_is_the_platforms(monkeypatch, platform, variables, expected):
    for name in ("NERLINK_CORPORA", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ada"))
    assert data_folder() == Path(expected)


ADDRESSES = {
    f"{card.name} {file.file}": (file.file, file.url)
    for card in list_cards()
    for file in card.files
    if file.url
}


@pytest.mark.parametrize(("file", "url"), ADDRESSES.values(), ids=ADDRESSES)
def test_address_is_that_of_the_file_or_of_an_archive(file, url):
    assert url.startswith("https://")
    assert url.endswith((f"/{file}", ".zip", ".tar.gz"))


def test_card_without_a_key_says_which(tmp_path):
    (tmp_path / "card.toml").write_text('title = "Towns"\nlanguage = "en"\n', encoding="utf8")
    with pytest.raises(ConfigError, match=r"card\.toml: licence is missing; source is missing"):
        read_card(tmp_path)
