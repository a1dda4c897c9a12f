"""Write the tables of results into README.md and into every experiment's own README.md.

    python experiments/table.py

All numbers come from experiments/*/results.json and stand between two marks, so that text around
them stays as it is.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- results: written by experiments/table.py -->"
END = "<!-- end of results -->"
HEADLINES = {
    "ner.f1": "mentions found: NER F1",
    "linking.inkb.f1": "found and linked: InKB F1",
    "linking.disambiguation": "given mentions linked: accuracy",
    "linking.unseen": "the same, entities not in training",
}


def results() -> dict[Path, dict[str, Any]]:
    """The folders of experiments that have a result of trained models, with it."""
    paths = sorted((ROOT / "experiments").glob("*/results.json"))
    return {path.parent: json.loads(path.read_text("utf8")) for path in paths}


def question_of(folder: Path) -> str:
    """The heading of an experiment's README."""
    return (folder / "README.md").read_text("utf8").splitlines()[0].removeprefix("# ").strip()


def overview(experiments: Mapping[Path, dict[str, Any]]) -> str:
    """A row for each split of each experiment."""
    rows = [
        [
            f"[{folder.name}](experiments/{folder.name}/README.md)",
            result["encoder"].rpartition("/")[2],
            split,
            *(shown(scores.get(name)) for name in HEADLINES),
            str(len(result["seeds"])),
        ]
        for folder, result in experiments.items()
        for split, scores in result["scores"].items()
        if scores.keys() & HEADLINES.keys()
    ]
    if not rows:
        return "None yet."
    return markdown(["experiment", "encoder", "split", *HEADLINES.values(), "seeds"], rows)


def details(result: Mapping[str, Any]) -> str:
    """All measures of one experiment, a column a split, and how they came about."""
    splits = list(result["scores"])
    names = dict.fromkeys(name for scores in result["scores"].values() for name in scores)
    rows = [
        [f"`{name}`", *(shown(result["scores"][split].get(name)) for split in splits)]
        for name in names
    ]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    seconds = ", ".join(f"{name} {number:,.1f}" for name, number in result["seconds"].items())
    facts = [
        f"- seeds: {', '.join(map(str, result['seeds']))}",
        f"- seconds: {seconds}",
        f"- hardware: {result['hardware']}",
        f"- versions: {versions}",
        f"- commit: {result['commit'][:12]}",
    ]
    return "\n".join([markdown(["measure", *splits], rows), "", *facts])


def markdown(columns: list[str], rows: Iterable[list[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(score: Mapping[str, float] | None) -> str:
    """In per cent, with the standard deviation over seeds where there are several."""
    if score is None:
        return ""
    mean = f"{100 * score['mean']:.1f}"
    return mean if score["n"] < 2 else f"{mean} ± {100 * score['sd']:.1f}"


def filled(text: str, content: str) -> str:
    """A README with the content between its marks."""
    before, _, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise SystemExit(f"A README lacks the mark {END}.")
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def pages() -> dict[Path, str]:
    """Every README with marks, as it should be."""
    found = results()
    wanted = {ROOT / "README.md": overview(found)}
    wanted |= {folder / "README.md": details(result) for folder, result in found.items()}
    texts = {path: path.read_text("utf8") for path in wanted}
    return {path: filled(text, wanted[path]) for path, text in texts.items() if BEGIN in text}


def write_all() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf8")


if __name__ == "__main__":
    write_all()
