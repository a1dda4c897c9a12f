"""The house in numbers: how large the package is, how it hangs together, what a change touches.

    python -m experiments.house.measure after            the package of this checkout
    python -m experiments.house.measure before OTHER     the package of another checkout

Each call writes its column into measures.json, from which README.md's table is made; `after` also
writes the lines of the reading path into the README of the checkout.
"""

import argparse
import ast
import io
import json
import re
import statistics
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
RESULTS = HERE / "measures.json"

EVERYWHERE = ("__all__", "log", "__getattr__")
"""Names that any module may have."""

PRAGMAS = ("# noqa", "# type:", "# fmt:")

MENTION_FIELDS = frozenset({"label", "entity", "score", "link_score", "candidates", "nil"})
"""Fields of a mention, of which three in one expression are taken for a list of them."""

A_FORMAT = "nif"
"""A format whose name tells the files that know it."""


class House:
    """The modules of a package.

    Args:
        root: The checkout that the package `nerlink` is in.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        paths = sorted((root / "nerlink").rglob("*.py"))
        self.texts = {_module_name(path, root): path.read_text("utf-8") for path in paths}
        self.trees = {name: ast.parse(text) for name, text in self.texts.items()}

    @cached_property
    def imports(self) -> Mapping[str, set[str]]:
        """The modules of the package that each module imports, inside functions too."""
        return {name: set(self._imported(tree)) - {name} for name, tree in self.trees.items()}

    def _imported(self, tree: ast.AST) -> Iterator[str]:
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                inner = [f"{node.module}.{alias.name}" for alias in node.names]
                names = [name if name in self.trees else node.module for name in inner]
            else:
                continue
            yield from (name for name in names if name in self.trees)

    def functions(self) -> Iterator[int]:
        """Lines of each function, its docstring apart."""
        for tree in self.trees.values():
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    yield _n_lines(node)

    def comments(self) -> int:
        """Lines with a comment for people."""
        return sum(
            token.type == tokenize.COMMENT and not token.string.startswith(PRAGMAS)
            for text in self.texts.values()
            for token in tokenize.generate_tokens(io.StringIO(text).readline)
        )

    def repeated_names(self) -> list[str]:
        """Names of functions, classes and constants that stand in more than one module."""
        homes = Counter(name for tree in self.trees.values() for name in set(_names(tree)))
        return sorted(name for name, n in homes.items() if n > 1)

    def circles(self) -> list[list[str]]:
        """Groups of modules that import each other, however far around."""
        reach = {name: self.reach(name) for name in self.trees}
        groups = {
            tuple(sorted(other for other in around if name in reach[other]))
            for name, around in reach.items()
        }
        return [list(group) for group in sorted(groups) if len(group) > 1]

    def reach(self, start: str) -> set[str]:
        """The modules that one leads to by imports, itself counted only in a circle."""
        found: set[str] = set()
        left = [start]
        while left:
            for name in self.imports[left.pop()] - found:
                found.add(name)
                left.append(name)
        return found

    def one_importer(self) -> int:
        """Modules that a single other module imports."""
        importers = Counter(name for names in self.imports.values() for name in names)
        return sum(
            importers[name] == 1 and not self.is_room(name) and "cli" not in name
            for name in self.trees
        )

    def is_room(self, name: str) -> bool:
        """Whether a module is the `__init__` of a folder."""
        return any(other.startswith(f"{name}.") for other in self.trees)

    def largest_room(self) -> int:
        """Files of the folder that has most, its `__init__` apart."""
        return max(
            Counter(n.rpartition(".")[0] for n in self.trees if not self.is_room(n)).values()
        )

    def lists_of_fields(self) -> list[str]:
        """Modules that spell out the fields of a mention, so that a new one has to be added."""
        return [name for name, tree in self.trees.items() if any(map(_lists_fields, _parts(tree)))]

    def knows_format(self) -> list[str]:
        """Modules that name one format, its own apart, so that a new one is named there too."""
        return [name for name, tree in self.trees.items() if A_FORMAT in set(_strings(tree))]

    def measures(self) -> dict[str, float]:
        """All of it, by the words of the table."""
        functions = sorted(self.functions())
        n_lines = {name: text.count("\n") for name, text in self.texts.items()}
        inside = self.reach("nerlink.pipeline") | {"nerlink.pipeline"}
        n_comments = self.comments()
        return {
            "files": len(self.texts),
            "lines": sum(n_lines.values()),
            "lines without comments": sum(n_lines.values()) - n_comments,
            "files under 60 lines": sum(
                n < 60 and not self.is_room(name) for name, n in n_lines.items()
            ),
            "lines of the longest file": max(n_lines.values()),
            "files of the largest room": self.largest_room(),
            "modules with one importer, commands apart": self.one_importer(),
            "functions": len(functions),
            "lines of a function, median": statistics.median(functions),
            "lines of a function, p90": functions[int(0.9 * len(functions))],
            "lines of a function, longest": functions[-1],
            "comments in 100 lines": round(100 * n_comments / sum(n_lines.values()), 1),
            "names in more than one module": len(self.repeated_names()),
            "circles": len(self.circles()),
            "modules in circles": sum(map(len, self.circles())),
            "files within reach of Pipeline": len(inside),
            "lines within reach of Pipeline": sum(n_lines[name] for name in inside),
            "files that list the fields of a mention": len(self.lists_of_fields()),
            "files that name a format": len(self.knows_format()),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("column", choices=["before", "after"])
    parser.add_argument("root", type=Path, nargs="?", default=ROOT)
    parser.add_argument("--names", action="store_true", help="also print what is counted")
    options = parser.parse_args()
    house = House(options.root)
    results = json.loads(RESULTS.read_text("utf-8")) if RESULTS.exists() else {}
    results[options.column] = house.measures()
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write_table(results)
    if options.column == "after":
        write_path(house, options.root / "README.md")
    if options.names:
        for what in (
            house.repeated_names,
            house.circles,
            house.lists_of_fields,
            house.knows_format,
        ):
            print(what.__name__, *what(), sep="\n  ")


def write_table(results: Mapping[str, Mapping[str, float]]) -> None:
    """Put the table between its marks in README.md."""
    readme = HERE / "README.md"
    before, after = results.get("before", {}), results.get("after", {})
    rows = [
        f"| {name} | {before.get(name, '')} | {after.get(name, '')} |"
        for name in dict.fromkeys([*before, *after])
    ]
    table = "\n".join(["| | before | after |", "|---|---|---|", *rows])
    begin, end = "<!-- measures: written by measure.py -->\n", "\n<!-- end of measures -->"
    text = readme.read_text("utf-8")
    head, tail = text.partition(begin)[0], text.partition(end)[2]
    readme.write_text(f"{head}{begin}{table}{end}{tail}", "utf-8")


def write_path(house: House, readme: Path) -> None:
    """Put the lines of the files of each step into the reading path of a README."""

    def counted(row: re.Match[str]) -> str:
        names = [
            name.removesuffix(".py").replace("/", ".") for name in re.findall(r"`(.+?)`", row[2])
        ]
        n_lines = sum(house.texts[f"nerlink.{name}"].count("\n") for name in names)
        return f"{row[1]}{row[2]}| {n_lines} |"

    begin, end = "<!-- path:", "<!-- end of path -->"
    head, _, rest = readme.read_text("utf-8").partition(begin)
    path, _, tail = rest.partition(end)
    path = re.sub(r"(?m)^(\| \d+ \| [\w ]+ \| )(`[^|]+)\| \d+ \|", counted, path)
    readme.write_text(f"{head}{begin}{path}{end}{tail}", "utf-8")


def _module_name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _n_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or 0) - first.lineno + 1 if has_docstring else 0
    return (function.end_lineno or 0) - function.lineno + 1 - docstring


def _names(tree: ast.Module) -> Iterator[str]:
    """Names that a module defines at its top, but for those that every module may have."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name not in EVERYWHERE:
                yield node.name
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = (target.id for target in targets if isinstance(target, ast.Name))
            yield from (name for name in names if name not in EVERYWHERE)


def _parts(tree: ast.AST) -> Iterator[set[str]]:
    """Strings of each literal collection, and keywords of each call."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Tuple | ast.List | ast.Set):
            yield set(_literals(node.elts))
        elif isinstance(node, ast.Dict):
            yield set(_literals(key for key in node.keys if key))
        elif isinstance(node, ast.Call):
            yield {keyword.arg for keyword in node.keywords if keyword.arg}


def _literals(nodes: Iterable[ast.AST]) -> Iterator[str]:
    yield from (n.value for n in nodes if isinstance(n, ast.Constant) and isinstance(n.value, str))


def _strings(tree: ast.AST) -> Iterator[str]:
    return _literals(ast.walk(tree))


def _lists_fields(names: set[str]) -> bool:
    return len(names & MENTION_FIELDS) >= 3


if __name__ == "__main__":
    main()
