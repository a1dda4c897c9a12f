"""What a results.json must look like."""

import re

KEYS = {
    *("question", "corpus", "encoder", "seeds", "scores"),
    *("seconds", "versions", "commit", "hardware"),
}
FRACTIONS = re.compile(
    r"ner\.(f1|precision|recall|ece|f1\..+)"
    r"|tokens\.accuracy"
    r"|mentions\.f1|linking\.weak\.withnil\.f1"
    r"|linking\.(inkb\.(f1|precision|recall)|(nil|withnil)\.f1|disambiguation|ranking|unseen|ece)"
    r"|candidates\.recall"
)


def check_results(results):
    assert set(results) - {"machines"} == KEYS
    assert results["seeds"] and results["commit"] and results["versions"]
    assert all(isinstance(seconds, int | float) for seconds in results["seconds"].values())
    for scores in results["scores"].values():
        for name, score in scores.items():
            assert {"mean", "sd", "n"} <= set(score), name
            assert score["n"] >= 1, name
            assert score["sd"] >= 0, name
            if name.startswith(("ner.", "tokens.", "linking.", "candidates.")):
                assert FRACTIONS.fullmatch(name), name
                assert 0 <= score["mean"] <= 1, name
                assert score["n"] <= len(results["seeds"]), name
