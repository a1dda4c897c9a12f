"""The order of the road, and the manner of the house, checked on the source itself."""

import ast
import importlib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import nerlink

PACKAGE = Path(nerlink.__file__).parent
FILES = sorted(path for path in PACKAGE.rglob("*.py") if "_corpora" not in path.parts)
ROAD = (
    "errors",
    "words",
    "trimming",
    "context",
    "lookalikes",
    "toml",
    "data",
    "schemes",
    "files",
    "strict_json",
    "rows",
    "tables",
    "config",
    "kb.normalise",
    "kb.cells",
    "kb.thesauri",
    "kb.entities",
    "kb.store",
    "kb.candidates",
    "kb.export",
    "kb.knowledge_base",
    "kb",
    "sources.keys",
    "sources.nil",
    "sources.names",
    "sources.offsets",
    "sources.foreign",
    "sources.losses",
    "sources.plain",
    "sources.meta",
    "sources.tokens",
    "sources.check",
    "sources.words",
    "sources.found",
    "sources.records",
    "sources.from_rows",
    "sources.to_rows",
    "sources",
    "sources.formats",
    "sources.sniffing",
    "sources.reading",
    "matching",
    "corpora",
    "evaluation",
    "converters",
    "checks",
    "display",
    "models.passages",
    "models.encoder.fast",
    "models.encoder",
    "models.flair",
    "models.tagger",
    "models.linker",
    "models.dictionary",
    "models.joint",
    "models.annotate",
    "models.doubts",
    "models.build",
    "models.transfer",
    "models.untrained",
    "models.storage",
    "pipeline",
    "selection",
    "spacy",
    "bulk",
    "training",
    "serving",
    "cli",
)
"""Rooms and modules in their order: each imports from itself and from those before it."""

EXCEPTIONS = {
    ("nerlink.data", "nerlink.display.html"),
}
"""`Document._repr_html_` shows itself, so it must reach up for the page when it is asked to."""

HOMES = {
    "pandas": {"nerlink.sources"},
    "torch": {"nerlink.converters", "nerlink.models", "nerlink.training", "nerlink.pipeline"},
    "flair": {"nerlink.converters", "nerlink.models", "nerlink.training", "nerlink.pipeline"},
    "transformers": {"nerlink.models", "nerlink.training"},
    "accelerate": {"nerlink.models", "nerlink.training"},
    "typer": {"nerlink.cli"},
    "ray": {"nerlink.bulk"},
    "fastapi": {"nerlink.serving"},
    "starlette": {"nerlink.serving"},
    "uvicorn": {"nerlink.serving"},
    "prometheus_client": {"nerlink.serving"},
    "lxml": {"nerlink.sources"},
    "spacy": {"nerlink.sources", "nerlink.spacy"},
    "ahocorasick_rs": {"nerlink.matching"},
}
"""Packages that stay where they belong."""


def module_name(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def part_of(module: str) -> str:
    """The part of the road a module belongs to: `nerlink.kb.store.edit` to `nerlink.kb`."""
    return ".".join(module.split(".")[:2])


def place_of(module: str) -> int:
    """Where on the road a module stands: at the longest entry that it is or lies in.

    The `__init__` of a room that imports its modules stands behind the last of them.
    """
    name = module.removeprefix("nerlink.")
    inside = [i for i, entry in enumerate(ROAD) if f"{entry}.".startswith(f"{name}.")]
    around = [entry for entry in ROAD if f"{name}.".startswith(f"{entry}.")]
    assert around or inside, f"{module} stands nowhere on the road"
    return max(inside) if inside else ROAD.index(max(around, key=len))


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf8"))


def imports(path: Path) -> Iterator[str]:
    """Every module imported in a file, inside functions too."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module == "nerlink":
            yield from (home_of(alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or "."


def home_of(name: str) -> str:
    """The module behind `from nerlink import name`."""
    is_module = f"nerlink.{name}" in MODULES
    return f"nerlink.{name}" if is_module else nerlink._HOMES.get(name, "nerlink")


def nerlink_imports(path: Path) -> Iterator[str]:
    """Modules of the package that a file imports: `from nerlink.kb import edit` is the module."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in MODULES)
        elif isinstance(node, ast.ImportFrom) and node.module in MODULES:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in MODULES else node.module for name in names)


def is_command(function: ast.FunctionDef | ast.ClassDef) -> bool:
    """Whether the command line knows it, so that it needs no other door."""
    texts = [ast.unparse(decorator) for decorator in function.decorator_list]
    return any(".command(" in text or ".callback(" in text for text in texts)


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def n_arguments(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Arguments that a caller passes: without `self` and `cls`, which come first."""
    arguments = function.args
    names = [a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)]
    return len(names) - (names[:1] in (["self"], ["cls"]))


def n_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function, its docstring apart."""
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = first.end_lineno - first.lineno + 1 if has_docstring else 0
    return function.end_lineno - function.lineno + 1 - docstring


MODULES = {module_name(path) for path in FILES}

each_file = pytest.mark.parametrize("path", FILES, ids=module_name)


@each_file
def test_module_imports_only_from_earlier_on_the_road(path):
    here = module_name(path)
    if here in ("nerlink", "nerlink.__main__"):
        return
    for there in nerlink_imports(path):
        if there != "nerlink" and (here, there) not in EXCEPTIONS:
            assert place_of(there) <= place_of(here), f"{here} imports {there}, which comes later"


def test_every_entry_of_the_road_exists():
    rooms = {name.rpartition(".")[0] for name in MODULES}
    assert [entry for entry in ROAD if f"nerlink.{entry}" not in MODULES | rooms] == []


def test_no_modules_import_each_other_in_a_circle():
    graph = {module_name(path): set(nerlink_imports(path)) for path in FILES}
    graph = {
        here: {to for to in there if (here, to) not in EXCEPTIONS} for here, there in graph.items()
    }
    del graph["nerlink"]  # names of all rooms, imported when they are asked for
    left = set(graph)
    while free := {name for name in left if not graph[name] & left}:
        left -= free
    assert left == set(), "these import each other"


@each_file
def test_package_stays_where_it_belongs(path):
    here = part_of(module_name(path))
    for imported in imports(path):
        homes = HOMES.get(imported.split(".")[0], {here})
        assert here in homes, f"{imported} belongs in {sorted(homes)}"


@each_file
def test_file_is_one_idea_of_at_most_500_lines(path):
    assert path.read_text(encoding="utf8").count("\n") <= 500


@each_file
def test_function_fits_on_a_screen(path):
    long = {function.name: n_lines(function) for function in functions(path)}
    assert {name: lines for name, lines in long.items() if lines > 50} == {}


def test_function_takes_at_most_six_arguments():
    """The command line apart, where options are arguments."""
    many = {
        f"{module_name(path)}.{function.name}"
        for path in FILES
        if part_of(module_name(path)) != "nerlink.cli"
        for function in functions(path)
        if n_arguments(function) > 6
    }
    assert many == set()


@each_file
def test_errors_are_neither_asserted_nor_swallowed(path):
    for node in ast.walk(parse(path)):
        assert not isinstance(node, ast.Assert), f"line {node.lineno}: assert"
        if isinstance(node, ast.ExceptHandler):
            caught = ast.unparse(node.type) if node.type else "everything"
            blanket = caught in {"everything", "Exception", "BaseException"}
            assert not blanket, f"line {node.lineno}: except {caught}"


@each_file
def test_relative_imports_are_not_used(path):
    for node in ast.walk(parse(path)):
        assert not (isinstance(node, ast.ImportFrom) and node.level), f"line {node.lineno}"


@each_file
def test_all_names_what_a_module_offers(path):
    module = importlib.import_module(module_name(path))
    if path.name == "__init__.py" and not imports_anything(path):
        return
    assert module.__all__, "an empty __all__"
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert hasattr(module, name), f"{name} is in __all__ but not in the module"
    defined = {
        node.name
        for node in parse(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not is_command(node)
    }
    assert defined <= set(module.__all__), "public, but not in __all__"


def imports_anything(path: Path) -> bool:
    return any(True for _ in imports(path))
