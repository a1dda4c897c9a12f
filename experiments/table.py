"""Write the tables of results into README.md and into every experiment's own README.md.

    python experiments/table.py

All numbers come from experiments/*/results.json and stand between two marks, so that text around
them stays as it is.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
BEGIN = "<!-- results: written by experiments/table.py -->"
END = "<!-- end of results -->"
WALK_BEGIN = "<!-- walk: written by experiments/table.py -->"
WALK_END = "<!-- end of walk -->"
WALK = "walk, tiny-news"
"""The group of measures in experiments/cold-start that README.md shows."""

HEADLINES = {
    "ner.f1": "mentions found: NER F1",
    "linking.inkb.f1": "found and linked: InKB F1",
    "linking.disambiguation": "given mentions linked: accuracy",
    "linking.unseen": "the same, entities not in training",
}
SPEED = {
    "speed.vs_flair": "tagging, times as fast as Flair, 10,000 entities",
    "speed.vs_flair.300000": "tagging, times as fast as Flair, 300,000 entities",
    "speed.vs_bare": "tagging, time of the bare encoder = 1",
    "speed.growth": "tagging with 1,000,000 entities, time with 10,000 = 1",
    "speed.bf16": "tagging in bf16, times as fast as in fp32",
    "speed.int8": "tagging in int8, times as fast as in fp32; processor with VNNI, without AMX",
    "slower.sleeping.1": "tagging beside a busy process, time alone = 1",
    "slower.spinning.1": "the same with threads that spin, as torch's do by themselves",
    "speed.train_vs_flair": "steps of training, times as fast as Flair",
    "speed.train_vs_flair.bf16": "the same in bf16",
    "batch.bf16.score": "most that a probability changes with the batch in bf16",
    "fitting.megabytes_per_million_tokens": "memory of training data, MB a million tokens",
    "memory.growth": "memory over 100,000 documents, growth after the first 1,000",
}
PUBLISHED = {
    ("aida-joint", "dev"): "InKB 79.7 to 92.7",
    ("aida-mpnet", "dev"): "InKB 79.7 to 92.7",
    ("conll2002-es", "test"): "NER 85.6",
    ("conll2003-en", "dev"): "NER 92.8",
    ("hipe-topres19th", "dev"): "on test: NER 74.0 to 78.7",
    ("ncbi-disease", "dev"): "on test: mentions 82.9",
    ("weibo", "test"): "NER 67.5",
    ("weibo-finetuned", "test"): "NER 67.5",
    ("wikiann-en", "test"): "NER 83",
    ("wikiann-mpnet", "test"): "NER 83",
    ("wnut17", "test"): "NER 42 to 46",
}
"""F1 of others, in per cent; the experiment's README says whose."""

PER_CENT = ("ner.", "mentions.", "tokens.", "linking.", "candidates.")
"""Measures that are fractions; others are shown as they are."""


def results() -> dict[Path, dict[str, Any]]:
    """The folders of experiments that have a result of trained models, with it."""
    paths = sorted((ROOT / "experiments").glob("*/results.json"))
    return {path.parent: json.loads(path.read_text("utf8")) for path in paths}


def question_of(folder: Path) -> str:
    """The heading of an experiment's README."""
    return (folder / "README.md").read_text("utf8").splitlines()[0].removeprefix("# ").strip()


def overview(experiments: Mapping[Path, dict[str, Any]]) -> str:
    """What was scored, and what was timed."""
    tables = [table for table in (quality(experiments), speed(experiments)) if table]
    return "\n\n".join(tables) or "None yet."


def quality(experiments: Mapping[Path, dict[str, Any]]) -> str:
    """A row for each split of each experiment that has the scores of a model."""
    rows = [
        [
            link(folder) + part_of(result),
            result["encoder"].rpartition("/")[2],
            split,
            *(shown(name, headline(scores, name)) for name in HEADLINES),
            PUBLISHED.get((folder.name, split), ""),
            str(len(result["seeds"])),
        ]
        for folder, result in experiments.items()
        for split, scores in result["scores"].items()
        if scores.keys() & HEADLINES.keys()
    ]
    return markdown(
        ["experiment", "encoder", "split", *HEADLINES.values(), "published", "seeds"], rows
    )


def headline(scores: Mapping[str, Any], name: str) -> Mapping[str, float] | None:
    """A score, if it is of mentions that the model found where the heading says so."""
    is_given = name == "linking.inkb.f1" and "ner.f1" not in scores
    return None if is_given else scores.get(name)


def speed(experiments: Mapping[Path, dict[str, Any]]) -> str:
    """A row for each time that is compared, and the machine."""
    tables = []
    for folder, result in experiments.items():
        found = {name: score for part in result["scores"].values() for name, score in part.items()}
        rows = [[text, shown(name, found[name])] for name, text in SPEED.items() if name in found]
        if rows:
            tables.append(markdown([link(folder), "median"], rows))
            tables.append(f"Measured with {result['encoder']} on {machines_of(result)}.")
    return "\n\n".join(tables)


def link(folder: Path) -> str:
    return f"[{folder.name}](experiments/{folder.name}/README.md)"


def part_of(result: Mapping[str, Any]) -> str:
    """What is said of a corpus in brackets, such as that it is a part of one."""
    _, bracket, rest = str(result.get("corpus", "")).partition(" (")
    return bracket + rest


def details(result: Mapping[str, Any]) -> str:
    """All measures of one experiment, a column a split, and how they came about."""
    splits = list(result["scores"])
    names = dict.fromkeys(name for scores in result["scores"].values() for name in scores)
    rows = [
        [f"`{name}`", *(shown(name, result["scores"][split].get(name)) for split in splits)]
        for name in names
    ]
    versions = ", ".join(f"{name} {number}" for name, number in result["versions"].items())
    seconds = ", ".join(f"{name} {number:,.1f}" for name, number in result["seconds"].items())
    facts = [
        f"- seeds: {', '.join(map(str, result['seeds']))}",
        f"- seconds: {seconds}",
        f"- hardware: {machines_of(result)}",
        f"- versions: {versions}",
        f"- commit: {short(result['commit'])}",
    ]
    return "\n".join([markdown(["measure", *splits], rows), "", *facts])


def machines_of(result: Mapping[str, Any]) -> str:
    """The machine, or each machine with the groups of measures that are from it."""
    groups: dict[str, list[str]] = {}
    for group, machine in result.get("machines", {}).items():
        groups.setdefault(machine, []).append(group)
    if len(groups) < 2:
        return str(result["hardware"])
    return "; ".join(f"{machine} ({', '.join(names)})" for machine, names in groups.items())


def short(commit: str) -> str:
    """A commit's first twelve digits, and what marks it as changed."""
    digits, dash, mark = commit.partition("-")
    return digits[:12] + dash + mark


def ablation(folder: Path) -> str:
    """A row for each part that was taken out of the model, in per cent; nothing if none was."""
    path = folder / "ablation.json"
    if not path.is_file():
        return ""
    result = json.loads(path.read_text("utf8"))
    measures = [f"`{name}`" for name in next(iter(result["scores"].values()))]
    rows = [
        [part, *(f"{100 * score:.1f}" for score in scores.values())]
        for part, scores in result["scores"].items()
    ]
    caption = (
        f"Parts taken out of the model of seed {result['seed']}, trained at commit "
        f"{short(result['commit'])}, on {result['split']}:"
    )
    return f"{caption}\n\n{markdown(['', *measures], rows)}"


def relearnt(folder: Path) -> str:
    """A row for each part of learning that was left out; nothing if none was."""
    path = folder / "relearnt.json"
    if not path.is_file():
        return ""
    result = json.loads(path.read_text("utf8"))
    measures = list(next(iter(result["scores"].values())))
    rows = [
        [part, *(shown(name, scores[name]) for name in measures)]
        for part, scores in result["scores"].items()
    ]
    seeds = ", ".join(map(str, result["seeds"]))
    caption = f"Learnt again without parts of learning, seeds {seeds}, on {result['split']}:"
    return f"{caption}\n\n{markdown(['', *(f'`{name}`' for name in measures)], rows)}"


def markdown(columns: list[str], rows: list[list[str]]) -> str:
    """A table, or nothing where there are no rows."""
    if not rows:
        return ""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(name: str, score: Mapping[str, float] | None) -> str:
    """A mean, or the median of times, with the standard deviation of several values."""
    if score is None:
        return ""
    factor, form = (100, ".1f") if name.startswith(PER_CENT) else (1, ",.4g")
    middle = format(factor * score.get("median", score["mean"]), form)
    return middle if score["n"] < 2 else f"{middle} ± {format(factor * score['sd'], form)}"


def walk(experiments: Mapping[Path, dict[str, Any]]) -> str:
    """What each step from a table and raw texts to a model takes, and what comes of it."""
    result = experiments.get(ROOT / "experiments" / "cold-start", {})
    found = result.get("scores", {}).get(WALK, {})
    if not found:
        return "Not measured yet."
    before = "seconds, "
    rows = [
        [f"`nerlink {name.removeprefix(before)}`", f"{found[name]['median']:,.0f}"]
        for name in found
        if name.startswith(before)
    ]
    scores = [[name, f"{found[name]['median']:,.1f}"] for name in found if "F1" in name]
    machine = result.get("machines", {}).get(WALK, result["hardware"])
    n_runs = next(iter(found.values()))["n"]
    runs = "one run" if n_runs == 1 else f"medians of {n_runs} runs"
    return (
        markdown(["step", "seconds"], rows) + f"\n\nOn {machine}; {runs}. On the development "
        f"documents, in per cent:\n\n{markdown(['', ''], scores)}"
    )


def filled(text: str, content: str, begin: str = BEGIN, end: str = END) -> str:
    """A README with the content between its marks."""
    before, _, rest = text.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        raise SystemExit(f"A README lacks the mark {end}.")
    return f"{before}{begin}\n{content}\n{end}{after}"


def pages() -> dict[Path, str]:
    """Every README with marks, as it should be."""
    found = results()
    wanted = {ROOT / "README.md": overview(found)}
    wanted |= {
        folder / "README.md": "\n\n".join(
            filter(None, [details(result), ablation(folder), relearnt(folder)])
        )
        for folder, result in found.items()
    }
    texts = {path: path.read_text("utf8") for path in wanted}
    filled_in = {path: filled(text, wanted[path]) for path, text in texts.items() if BEGIN in text}
    for path, text in filled_in.items():
        if WALK_BEGIN in text:
            filled_in[path] = filled(text, walk(found), WALK_BEGIN, WALK_END)
    return filled_in


def write_all() -> None:
    for path, text in pages().items():
        path.write_text(text, encoding="utf8")


if __name__ == "__main__":
    write_all()
