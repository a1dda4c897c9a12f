import pytest

from nerlink.cli.demo import TEXTS
from nerlink.corpora import load_split


def test_demo_trains_scores_tags_and_writes_a_page(run, short_demo, tmp_path):
    result = run("demo", "--output", tmp_path / "demo")
    assert result.code == 0
    assert "17 test documents: NER F1 0." in result.err
    assert "end-to-end InKB F1 0." in result.err
    assert "Jordan" in result.out
    assert "What to do next" in result.err
    page = (tmp_path / "demo" / "demo.html").read_text(encoding="utf8")
    assert "Jordan" in page

    told = run("info", tmp_path / "demo" / "model").records[0]
    assert told["tasks"] == ["ner", "nel"]
    assert told["trained_on"]["documents"] > 100


@pytest.mark.parametrize("split", ["train", "dev", "test"])
def test_texts_of_the_demo_are_not_in_the_corpus(split):
    corpus = [doc.text for doc in load_split("tiny-news", split)]
    assert not any(own in text for own in TEXTS for text in corpus)
