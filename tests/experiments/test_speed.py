"""Every measurement of speed runs to its end at toy size and writes what it promises."""

import json
from importlib import import_module
from pathlib import Path

import pytest

from nerlink.models.encoder.fast.precision import can_int8

MEASURES = {
    "tagging": ["speed.vs_flair", "speed.vs_bare", "speed.1000_entities", "mentions.flair"],
    "training": ["speed.train_vs_flair", "speed.train_vs_flair.with_texts"],
    "kb_scale": ["kb.build_seconds.1000", "kb.normalised_warm_us.1000", "kb.memory_megabytes.1000"],
    "thesaurus": ["thesaurus.ttl.seconds", "thesaurus.obo.megabytes", "thesaurus.export.seconds"],
    "annotating": ["annotating.build.seconds", "annotating.whole.megabytes_per_second"],
    "adding": ["found.1", "found.20"],
    "growth": ["speed.growth", "speed.growth.pairs"],
    "neighbours": ["slower.spinning.1", "slower.sleeping.1"],
    "streaming": ["memory.growth", "documents_per_second"],
    "fitting": ["fitting.megabytes_per_million_tokens"],
    "batches": ["batch.fp32.documents", "batch.bf16.score"],
    "precision": ["speed.bf16", "agreement.bf16"] + ["speed.int8"] * can_int8(),
    "profiling": ["share.encoder"],
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", MEASURES)
def test_a_measurement_writes_its_measures(name: str, encoder_dir: Path, tmp_path: Path) -> None:
    output = tmp_path / "results.json"
    main = import_module(f"experiments.speed.{name}").main
    main(
        ["--size", "toy", "--threads", "1", "--encoder", str(encoder_dir), "--output", str(output)]
    )
    results = json.loads(output.read_text("utf8"))
    (scores,) = results["scores"].values()
    assert scores.keys() >= set(MEASURES[name])
    assert all(found.keys() == {"mean", "sd", "n", "median"} for found in scores.values())
    assert results.keys() >= {"question", "encoder", "seconds", "versions", "commit", "hardware"}
