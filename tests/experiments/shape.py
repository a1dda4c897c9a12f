"""What a results.json must look like."""

import re

KEYS = {
    *("question", "corpus", "encoder", "seeds", "scores"),
    *("seconds", "versions", "commit", "hardware"),
}
FRACTIONS = re.compile(
    r"ner\.(f1|precision|recall|f1\..+)"
    r"|linking\.(inkb\.(f1|precision|recall)|disambiguation|unseen|ece)"
    r"|candidates\.recall"
)
RATIOS = re.compile(r"speed\.(vs_flair|vs_bare|train_vs_flair)")


def check_results(results):
    assert set(results) == KEYS
    assert results["seeds"] and results["commit"] and results["versions"]
    assert all(isinstance(seconds, int | float) for seconds in results["seconds"].values())
    for scores in results["scores"].values():
        for name, score in scores.items():
            assert set(score) == {"mean", "sd", "n"}, name
            assert 1 <= score["n"] <= len(results["seeds"]), name
            assert score["sd"] >= 0, name
            assert RATIOS.fullmatch(name) or 0 <= score["mean"] <= 1, name
            assert RATIOS.fullmatch(name) or FRACTIONS.fullmatch(name), name
