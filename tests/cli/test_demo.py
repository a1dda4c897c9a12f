import pytest


@pytest.fixture
def small_encoder(encoder_dir, tmp_path, monkeypatch):
    """A small random encoder where the demo looks for its own."""
    place = tmp_path / "models" / "sentence-transformers"
    place.mkdir(parents=True)
    (place / "all-MiniLM-L6-v2").symlink_to(encoder_dir)
    monkeypatch.setenv("NERLINK_MODELS", str(tmp_path / "models"))


def test_demo_trains_scores_tags_and_writes_a_page(run, small_encoder, tmp_path):
    result = run("demo", "--output", tmp_path / "demo")
    assert result.code == 0
    assert "ner.f1" in result.err
    assert result.records[0]["text"].startswith("Jordan scored")
    page = (tmp_path / "demo" / "demo.html").read_text(encoding="utf8")
    assert "Jordan scored" in page

    told = run("info", tmp_path / "demo" / "model").records[0]
    assert told["tasks"] == ["ner", "nel"]
    assert told["trained_on"]["documents"] > 100
