"""The README's code runs as it stands there, in order, with a small random encoder."""

import contextlib
import io
import re
from pathlib import Path

import pytest

from nerlink import Config, Document, Mention, train, write
from nerlink.config import load_config
from nerlink.corpora import build_corpus, load_split

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf8")
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", README, flags=re.DOTALL)


@pytest.fixture(scope="module")
def printed(encoder_dir, tmp_path_factory):
    """What each block of Python prints, and what the README says it prints."""
    folder = tmp_path_factory.mktemp("readme")
    place = folder / "models" / "sentence-transformers"
    place.mkdir(parents=True)
    (place / "all-MiniLM-L6-v2").symlink_to(encoder_dir)
    names: dict[str, object] = {}
    found = []
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.setenv("NERLINK_MODELS", str(folder / "models"))
        _lay_files(folder)
        train(Config(data=[{"corpus": "tiny-news"}], training={"epochs": 10}), "demo/model")
        for n, (language, code) in enumerate(BLOCKS):
            if language == "python":
                out = io.StringIO()
                with contextlib.redirect_stdout(out):
                    exec(compile(code, f"README.md block {n}", "exec"), names)  # noqa: S102
                following, said = BLOCKS[n + 1] if n + 1 < len(BLOCKS) else ("", "")
                found.append((out.getvalue(), said if following == "text" else None))
    return names, found


THESAURUS = """
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
@prefix t: <http://example.org/> .
t:seine a skos:Concept ; skos:prefLabel "Seine"@en ; skos:altLabel "river Seine"@en .
t:texas a skos:Concept ; skos:prefLabel "Texas"@en ; skos:definition "state"@en .
"""


def _lay_files(folder: Path) -> None:
    """The files of other tools that the README reads."""
    (folder / "thesaurus.ttl").write_text(THESAURUS, encoding="utf8")
    texts = {"A museum on the Seine shows maps.": "Seine", "Pumps all over Texas stood.": "Texas"}
    documents = [
        Document(
            text=text,
            id=name,
            mentions=(
                Mention(
                    start=text.index(name),
                    end=text.index(name) + len(name),
                    label="LOC",
                    entity=name.lower(),
                ),
            ),
        )
        for text, name in texts.items()
    ]
    write(documents, folder / "export.json", format="label-studio")


def test_all_code_runs_in_order(printed):
    names, found = printed
    assert len(found) == sum(language == "python" for language, _ in BLOCKS)
    assert [doc.id for doc in names["tagged"]] == ["mail-1", "mail-2", "mail-3"]
    assert list(names["by_document"].received) == ["Monday", "Monday", "Tuesday"]


def test_output_has_the_shape_that_is_shown(printed):
    """A random encoder finds other mentions; each line has as many words, nevertheless."""
    for out, said in printed[1]:
        if said is not None:
            n_words = {len(line.split()) for line in said.splitlines()}
            assert out.strip()
            assert {len(line.split()) for line in out.splitlines()} <= n_words


def test_a_new_entity_is_in_the_base_of_the_model(printed):
    assert printed[0]["pipeline"].kb["lyon"].name == "Lyon"


def test_the_commands_of_a_checkout_are_those_that_are_run():
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf8")
    shell = [code.strip() for language, code in BLOCKS if language == "sh"]
    assert len(shell) == 3  # the second is the road without annotations
    assert shell[0].endswith("nerlink demo")
    assert shell[2] in ci.splitlines()


def test_the_tables_are_a_configuration_and_a_card_that_are_read(tmp_path):
    config, card = [code for language, code in BLOCKS if language == "toml"]
    (tmp_path / "config.toml").write_text(config, encoding="utf8")
    assert load_config(tmp_path / "config.toml").training.epochs == 6
    (tmp_path / "card.toml").write_text(card, encoding="utf8")
    (tmp_path / "letters.conll").write_text("en:Ada B-PER B-Q7259\nwrote O O\n", encoding="utf8")
    (tmp_path / "more-letters.conll").write_text("Bea B-PER O\n", encoding="utf8")
    (tmp_path / "people.csv").write_text("id,title\nQ7259,Ada\n", encoding="utf8")
    (doc,) = load_split(tmp_path, "train")
    assert (doc.text, doc.mentions[0].entity) == ("Ada wrote", "Q7259")
    assert build_corpus(tmp_path, output=tmp_path / "built")
