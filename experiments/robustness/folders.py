"""Attacks on folders of models: code, links, damaged weights, wrong values."""

import hashlib
import json
import pickle
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from experiments.robustness.attacks import Broken, World, mutated, one_of
from nerlink import Pipeline

__all__ = ["damaged_model", "hostile_model", "model_values"]

TEXT: Final = "Ada Byron wrote to Acme in Paris."
VALUES: Final = (None, -1, 0, 1, 10**12, 1.5, "x", "", [], {}, [1], {"a": 1}, True, "../../x", [[]])


def _use(model: Path) -> None:
    Pipeline.load(model, device="cpu")([TEXT, ""])


def _files(model: Path) -> list[Path]:
    return sorted(path for path in model.rglob("*") if path.is_file())


def damaged_model(world: World, rng: Random, folder: Path) -> None:
    """A file of a model mutated, cut, or missing: a model whose sums do not fit is refused."""
    model = Path(shutil.copytree(world.model, folder / "model"))
    path = rng.choice(_files(model))
    before = path.read_bytes()
    after = mutated(before, rng)
    path.write_bytes(after) if rng.random() < 0.9 else path.unlink()
    _use(model)
    if path.name not in ("kb.sqlite", "nerlink.json", "README.md") and after != before:
        raise Broken(f"{path.name} was changed, and the model was loaded")


def model_values(world: World, rng: Random, folder: Path) -> None:
    """A value of a model's JSON or TOML replaced, with sums that fit."""
    model = Path(shutil.copytree(world.model, folder / "model"))
    path = rng.choice([path for path in _files(model) if path.suffix in (".json", ".toml")])
    if path.suffix == ".toml":
        path.write_bytes(mutated(path.read_bytes(), rng))
    else:
        record = json.loads(path.read_text("utf8"))
        holder, key = rng.choice(list(_places(record)))
        holder[key] = one_of(rng, *VALUES)
        path.write_text(json.dumps(record), encoding="utf8")
    _sum_again(model)
    _use(model)


def _places(value: Any, depth: int = 0) -> Iterator[tuple[Any, Any]]:
    """Each place of a nested value that can be replaced: its holder and its key."""
    keys = value.keys() if isinstance(value, dict) else range(len(value))
    for key in list(keys)[:50]:
        yield value, key
        if isinstance(value[key], dict | list) and depth < 3:
            yield from _places(value[key], depth + 1)


def _sum_again(model: Path) -> None:
    """Write the sums of a model's files into its manifest, as somebody would who means harm."""
    manifest = model / "nerlink.json"
    try:
        record = json.loads(manifest.read_text("utf8"))
        unsummed = {"nerlink.json", "kb.sqlite"}
        names = {path.relative_to(model).as_posix() for path in _files(model)} - unsummed
        if record["files"]:
            record["files"] = {
                name: hashlib.sha256((model / name).read_bytes()).hexdigest() for name in names
            }
    except (ValueError, TypeError, KeyError):
        return  # the manifest itself was attacked
    manifest.write_text(json.dumps(record), encoding="utf8")


class _Opens:
    """A pickle of it makes a file where it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, str]]:
        return open, (str(self.path), "w")


def hostile_model(world: World, rng: Random, folder: Path) -> None:
    """A model that brings code, pickles, links or paths of its own, with sums that fit."""
    model = Path(shutil.copytree(world.model, folder / "model"))
    canary = folder / "ran"
    code = f"open({str(canary)!r}, 'w')\n"
    name, change = rng.choice(sorted(HOSTILE.items()))
    change(model, canary, code)
    _sum_again(model)
    # Whoever asks a person for leave gets it here.
    leave = folder / "yes"
    leave.write_text("1\ny\nyes\n" * 20)
    before = sys.stdin
    try:
        with leave.open() as sys.stdin:
            _use(model)
    finally:
        sys.stdin = before
        if canary.exists():
            raise Broken(f"{name}: ran", verdict="code")
    raise Broken(f"{name}: loaded without a word")


def _with(record: Path, **values: Any) -> None:
    record.write_text(json.dumps({**json.loads(record.read_text("utf8")), **values}), "utf8")


def _auto_map(which: str) -> Callable[[Path, Path, str], None]:
    def change(model: Path, _canary: Path, code: str) -> None:
        (model / "encoder/own.py").write_text(code, encoding="utf8")
        keys = ("AutoConfig", "AutoModel", "AutoTokenizer")
        own = dict.fromkeys(keys, "own.Own") | {"AutoTokenizer": ["own.Own", "own.Own"]}
        _with(model / "encoder" / which, auto_map=own, model_type="own", tokenizer_class="Own")

    return change


def _pickle(name: str) -> Callable[[Path, Path, str], None]:
    def change(model: Path, canary: Path, _code: str) -> None:
        weights = model / "encoder/model.safetensors"
        (model / "encoder" / name).write_bytes(pickle.dumps(_Opens(canary)))
        weights.unlink()

    return change


def _index(target: str) -> Callable[[Path, Path, str], None]:
    def change(model: Path, canary: Path, _code: str) -> None:
        weights = model / "encoder/model.safetensors"
        place = (model / "encoder" / target).resolve()
        weights.rename(place)
        if target.endswith(".bin"):
            place.write_bytes(pickle.dumps(_Opens(canary)))
        index = {"metadata": {}, "weight_map": {"embeddings.word_embeddings.weight": target}}
        Path(f"{weights}.index.json").write_text(json.dumps(index), encoding="utf8")

    return change


def _link(model: Path, _canary: Path, _code: str) -> None:
    weights = model / "encoder/model.safetensors"
    outside = model.parent / "weights"
    weights.rename(outside)
    weights.symlink_to(outside)


def _no_sums(model: Path, _canary: Path, _code: str) -> None:
    _with(model / "nerlink.json", files={})


def _tokenizer_outside(model: Path, _canary: Path, _code: str) -> None:
    outside = model.parent / "tokenizer.json"
    shutil.copy(model / "encoder/tokenizer.json", outside)
    _with(model / "encoder/tokenizer_config.json", tokenizer_file=str(outside))


def _more(name: str) -> Callable[[Path, Path, str], None]:
    def change(model: Path, _canary: Path, code: str) -> None:
        (model / name).parent.mkdir(exist_ok=True)
        (model / name).write_text(code, encoding="utf8")

    return change


HOSTILE: Final[Mapping[str, Callable[[Path, Path, str], None]]] = {
    "auto_map in the configuration": _auto_map("config.json"),
    "auto_map in the tokenizer": _auto_map("tokenizer_config.json"),
    "a pickle of weights": _pickle("pytorch_model.bin"),
    "an index to a pickle": _index("pytorch_model.bin"),
    "an index out of the folder": _index("../../../weights.safetensors"),
    "a link out of the folder": _link,
    "no sums": _no_sums,
    "a tokenizer out of the folder": _tokenizer_outside,
    "a module": _more("encoder/modeling_own.py"),
    "a module beside the model": _more("nerlink.py"),
    "a sitecustomize": _more("sitecustomize.py"),
}
