"""Every recipe runs from its card and its configuration, on invented files of the same shape."""

import gzip
import json
import shutil

import pytest

from nerlink import Pipeline, evaluate, train
from nerlink.config import dump_config, load_config
from nerlink.corpora import build_corpus, load_split
from nerlink.data import Document, Mention
from nerlink.evaluation import evaluate_links
from nerlink.sources import read
from tests.experiments.conftest import EXPERIMENTS
from tests.experiments.shape import check_results
from tests.world import DOCUMENTS, tiny_config

WORDS = [("Ada", "PER"), ("Byron", "PER"), ("met", ""), ("Bea", "PER"), ("in", ""), ("Oslo", "LOC")]
LONG = [(f"cow{n}", "") for n in range(300)]
"""A sentence of far more pieces than the encoder has positions."""

MENTIONS = [(0, 2, "PER", "Ada Byron"), (3, 4, "PER", None), (5, 6, "MISC", "Oslo")]


def columns(*, between, pattern="{word}{between}{tag}", names=("PER", "LOC"), scheme="bio"):
    """Three sentences, one of them long, as lines of a token and its tag."""
    named = dict(zip(("PER", "LOC"), names, strict=True))
    sentences = []
    for words in (WORDS, [*LONG, ("Ada", "PER")], WORDS):
        lines, last = [], ""
        for word, label in words:
            prefix = "I" if last == label or scheme == "iob1" else "B"
            tag = f"{prefix}-{named[label]}" if label else "O"
            lines.append(pattern.format(word=word, tag=tag, between=between))
            last = label
        sentences.append("\n".join(lines) + "\n\n")
    return "".join(sentences)


def weibo():
    """Messages without spaces, a character a line with its place in its word."""
    message = [("艾0", "B-PER.NAM"), ("达1", "I-PER.NAM"), ("去0", "O"), ("京0", "B-GPE.NAM")]
    lines = [f"{character}\t{tag}\n" for character, tag in [*message, *[("走0", "O")] * 300]]
    short = [f"{character}\t{tag}\n" for character, tag in message]
    return "".join([*short, "\n", *lines, "\n", *short, "\n"])


def aida():
    tokens = [word for word, _ in WORDS]
    mentions = [
        {"sent": 0, "start": start, "end": end, "type": label, "title": title}
        for start, end, label, title in MENTIONS
    ]
    record = {"sentences": [tokens, tokens], "mentions": mentions}
    return "".join(json.dumps({"doc": f"{n}.txt", **record}) + "\n" for n in range(3))


DOCSTART = "-DOCSTART- -X- O O\n\n"
ENTITIES = (
    '{"id": "Ada Byron", "name": "Ada Byron", "in_links": 3}\n{"id": "Oslo", "name": "Oslo"}\n'
)
ENGLISH = DOCSTART + columns(between=" NNP I-NP ", scheme="iob1") + DOCSTART + "Bea X Y I-PER\n\n"
RAW = {
    "conll2003-en": {"eng.train": ENGLISH, "eng.testa": ENGLISH},
    "conll2002-es": dict.fromkeys(
        ("esp.train", "esp.testa", "esp.testb"), columns(between=" NC ") + "Año NC O\n"
    ),
    "wikiann-en": dict.fromkeys(
        ("train", "dev", "test"), columns(between="\t", pattern="en:{word}{between}{tag}")
    ),
    "wnut17": dict.fromkeys(
        ("wnut17train.conll", "emerging.dev.conll", "emerging.test.annotated"),
        columns(between="\t", names=("person", "location")),
    ),
    "weibo": dict.fromkeys(
        [f"weiboNER_2nd_conll.{split}" for split in ("train", "dev", "test")], weibo()
    ),
    "aida": {
        "train.jsonl": aida(),
        "testa.jsonl": aida(),
        "entities.jsonl.gz": ENTITIES,
        "aliases.jsonl.gz": '{"alias": "Ada", "entities": ["Ada Byron"]}\n',
    },
}


def build(name, tmp_path):
    """The corpus that a bundled card makes of invented raw files."""
    folder = tmp_path / "raw" / name
    folder.mkdir(parents=True)
    for file, text in RAW[name].items():
        # The Spanish files are about in both encodings.
        content = text.encode("latin-1" if name == "conll2002-es" else "utf8")
        (folder / file).write_bytes(gzip.compress(content) if file.endswith(".gz") else content)
    build_corpus(name, source=folder, verify=False)


@pytest.fixture
def recipe(program, encoder_dir, tmp_path, monkeypatch):
    """Runs an experiment's own configuration with a tiny encoder; its result and its folder."""
    monkeypatch.setenv("NERLINK_CORPORA", str(tmp_path / "corpora"))
    run = program("run")
    monkeypatch.setattr(run.table, "ROOT", tmp_path)
    monkeypatch.setattr(run, "git", lambda *_: "0123456789abcdef")

    def recipe(name, *corpora, **more):
        for corpus in corpora:
            build(corpus, tmp_path)
        folder = tmp_path / "experiments" / name
        shutil.copytree(EXPERIMENTS / name, folder, ignore=shutil.ignore_patterns("results.json"))
        shutil.copy(folder / "README.md", tmp_path / "README.md")
        changes = {"encoder.model": str(encoder_dir), "training.device": "cpu"} | more
        config = load_config(EXPERIMENTS / name / "config.toml", changes | {"training.epochs": "1"})
        (folder / "config.toml").write_text(dump_config(config), encoding="utf8")
        monkeypatch.setattr("sys.argv", ["run.py", name])
        run.main()
        results = json.loads((folder / "results.json").read_text(encoding="utf8"))
        check_results(results)
        return results, tmp_path / "runs" / name / f"seed-{config.seed}"

    return recipe


@pytest.mark.parametrize(
    ("name", "labels", "splits"),
    [
        ("conll2003-en", ["LOC", "PER"], ["dev"]),
        ("conll2002-es", ["LOC", "PER"], ["dev", "test"]),
        ("wikiann-en", ["LOC", "PER"], ["dev", "test"]),
        ("wnut17", ["location", "person"], ["dev", "test"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_finding_names_runs_from_raw_files_to_results(recipe, name, labels, splits):
    results, folder = recipe(name, name)
    assert list(results["scores"]) == splits
    assert {"ner.precision", "ner.recall", "ner.f1", "tokens.accuracy"} <= set(
        results["scores"]["dev"]
    )
    assert (folder / "labels.txt").read_text("utf8").split() == labels
    assert "Tokens" in (folder / "predictions" / "dev.txt").read_text("utf8")
    gold = load_split(name, "dev")
    assert not any(":" in doc.text for doc in gold), "tokens are cleaned"
    assert [gold[0].surface(m) for m in gold[0].mentions][:2] == ["Ada Byron", "Bea"]
    rows = (folder / "predictions" / "dev.conll").read_text("utf8").splitlines()
    rows = [row.split("\t") for row in rows if row and not row.startswith("-DOCSTART-")]
    assert len(rows) == sum(len(doc.tokens) for doc in gold), "each token has a prediction"
    assert {len(row) for row in rows} == {3}
    assert len(read(folder / "predictions" / "dev.jsonl")) == len(gold)


@pytest.mark.parametrize(
    ("name", "changes"), [("weibo", {"encoder.layers": "[1, 2]"}), ("weibo-finetuned", {})]
)
def test_text_without_spaces_runs_from_raw_files_to_raw_text(recipe, name, changes):
    results, folder = recipe(name, "weibo", **changes)
    assert list(results["scores"]) == ["dev", "test"]
    assert (folder / "labels.txt").read_text("utf8").split() == ["GPE.NAM", "PER.NAM"]
    first, long, _ = load_split("weibo", "dev")
    assert first.text == "艾达去京"
    assert [first.surface(mention) for mention in first.mentions] == ["艾达", "京"]
    rows = (folder / "predictions" / "dev.conll").read_text("utf8").splitlines()
    rows = [row for row in rows if row and not row.startswith("-DOCSTART-")]
    assert len(rows) == len(long.text) + 2 * len(first.text), "a prediction for each character"
    doc = Pipeline.load(folder, device="cpu")(first.text)
    assert doc.text == first.text


def test_links_alone_run_from_raw_files_to_results(recipe):
    results, folder = recipe("aida-linking", "aida")
    scores = results["scores"]["dev"]
    assert scores["candidates.recall"]["mean"] == 1
    assert "linking.disambiguation" in scores
    assert not any(name.startswith("ner.") for name in scores)
    (linked, *_) = read(folder / "predictions" / "dev.jsonl")
    assert len(linked.mentions) == 3
    assert all(mention.candidates or mention.nil for mention in linked.mentions)


def test_corpora_teach_one_model_their_own_tasks(recipe):
    results, folder = recipe("mixed", "conll2003-en", "aida")
    assert results["corpus"] == "conll2003-en, aida"
    assert {"ner.f1", "linking.inkb.f1", "linking.disambiguation"} <= set(results["scores"]["dev"])
    # The links' corpus calls Oslo MISC, which nobody taught and nobody scores.
    assert (folder / "labels.txt").read_text("utf8").split() == ["LOC", "PER"]
    assert "ner.f1.MISC" not in results["scores"]["dev"]
    config = load_config(folder / "config.toml")
    assert [entry.tasks for entry in config.data] == [("ner",), ("nel",)]
    assert (config.tagger.loss_weight, config.linker.loss_weight) == (1.0, 0.1)


def test_names_are_found_at_both_ends_of_a_sentence_longer_than_the_encoder(encoder_dir, tmp_path):
    text = "Ada Byron " + "walked on " * 150 + "to see Acme"
    ends = [(0, 9, "PER"), (len(text) - 4, len(text), "ORG")]
    mentions = tuple(Mention(start=start, end=end, label=label) for start, end, label in ends)
    long = Document(id="long", text=text, mentions=mentions, sentences=((0, len(text)),))
    config = tiny_config(encoder_dir, tasks=("ner",))
    train(config, tmp_path / "model", train=[*DOCUMENTS, long])
    found = Pipeline.load(tmp_path / "model", device="cpu")(long)
    assert evaluate([long], [found]).scores["ner.f1"] == 1


ZELDA_CARD = """
title = "Letters with links"
language = "en"
licence = "CC0-1.0"
source = "written for a test"
labels = []
format = "zelda"
options.entities = "ids"
splits.train.file = "train.jsonl"
splits.test.file = "test.jsonl"
"""
ZELDA_CONFIG = """
tasks = ["nel"]
[[data]]
corpus = "./letters"
[kb]
from_training = true
"""
PAGES = {"ada": (974, "Ada Byron"), "acme": (7, "Acme (firm)"), "paris": (90, "Paris")}


def zelda_line(doc):
    links = [m for m in doc.mentions if m.entity in PAGES]
    record = {
        "id": doc.id,
        "text": doc.text,
        "index": [[m.start, m.end] for m in links],
        "wikipedia_ids": [PAGES[m.entity][0] for m in links],
        "wikipedia_titles": [PAGES[m.entity][1] for m in links],
    }
    return json.dumps(record) + "\n"


def test_given_mentions_are_linked_from_a_folder_of_ones_own(encoder_dir, tmp_path):
    folder = tmp_path / "letters"
    folder.mkdir()
    (folder / "card.toml").write_text(ZELDA_CARD)
    for split in ("train", "test"):
        (folder / f"{split}.jsonl").write_text("".join(map(zelda_line, DOCUMENTS)))
    (tmp_path / "config.toml").write_text(ZELDA_CONFIG)
    changes = {"encoder.model": str(encoder_dir), "training.device": "cpu", "training.epochs": "2"}
    result = train(load_config(tmp_path / "config.toml", changes), tmp_path / "model")
    assert result.summary.n_entities == 3
    pipeline = Pipeline.load(tmp_path / "model", device="cpu")
    assert {(e.id, e.name) for e in pipeline.kb.entities()} == {
        (str(number), title) for number, title in PAGES.values()
    }
    gold = load_split(folder, "test")
    scores = evaluate_links(gold, pipeline.link_only(gold)).scores
    assert scores["linking.disambiguation"] == 1
