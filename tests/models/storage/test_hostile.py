"""Every field of every JSON and TOML file of a model, with values that it should not have."""

import hashlib
import json
import shutil
import tomllib
import warnings
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
import tomli_w
import torch
from safetensors.torch import load_file, save_file

from nerlink.errors import NerlinkError, StorageError
from nerlink.models.storage.model import load_model
from nerlink.pipeline import Pipeline

FILES = (
    "nerlink.json",
    "linker.json",
    "config.toml",
    "encoder/config.json",
    "encoder/tokenizer_config.json",
    "encoder/special_tokens_map.json",
    "encoder/tokenizer.json",
)

WRONG = (None, -1, 0, 10**12, 10**30, "x", "", [], {}, 1.5, True, [[[]]], [1, "x"], {"x": {"y": 1}})

SAMPLE = 25
"""Changes of each file that are tried, of hundreds; always the same."""

TEXT = "Paris and Ada Byron of Acme. \u200b\u0301 \u6771\u4eac [MASK] zzz"


@pytest.fixture(scope="module")
def folder(joint_folder, tmp_path_factory) -> Path:
    """A model to damage and to mend again."""
    return Path(shutil.copytree(joint_folder, tmp_path_factory.mktemp("hostile") / "model"))


def places(value: Any, path: tuple = ()) -> Iterator[tuple]:
    """The paths of all fields in nested tables and lists."""
    if path:
        yield path
    items = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, inner in items:
        yield from places(inner, (*path, key))


def changed(table: Any, path: tuple, value: Any) -> Any:
    """A copy with another value at a path."""
    copy = json.loads(json.dumps(table))
    place = copy
    for key in path[:-1]:
        place = place[key]
    if value is KeyError:
        del place[path[-1]]
    else:
        place[path[-1]] = value
    return copy


def sign(folder: Path) -> None:
    """Have the manifest say the sums of the files as they are now."""
    manifest = json.loads((folder / "nerlink.json").read_text())
    for name in manifest["files"]:
        manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    (folder / "nerlink.json").write_text(json.dumps(manifest))


def use(folder: Path) -> str:
    """Load and use a model; what it comes to. All but `NerlinkError` passes through."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            pipeline = Pipeline.load(folder)
        except NerlinkError as error:
            assert len(str(error)) < 2000
            return "refused"
        doc = pipeline(TEXT)
        pipeline.link_only(doc)
        return "works"


def content_of(path: Path) -> Any:
    text = path.read_text("utf-8")
    return tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)


def write(path: Path, table: Any) -> None:
    is_toml = path.suffix == ".toml"
    path.write_text(tomli_w.dumps(table) if is_toml else json.dumps(table), "utf-8")


def all_changes(table: Any, *, is_toml: bool) -> list[tuple[tuple, Any]]:
    values = [KeyError, *(value for value in WRONG if not (is_toml and value is None))]
    return [(path, value) for path in places(table) for value in values]


@pytest.mark.parametrize("name", FILES)
def test_a_wrong_value_is_refused_or_does_not_matter(folder, name):
    before = {path: path.read_bytes() for path in (folder / name, folder / "nerlink.json")}
    table = content_of(folder / name)
    changes = all_changes(table, is_toml=name.endswith("toml"))
    Random(name).shuffle(changes)  # noqa: S311
    told = set()
    for path, value in changes[:SAMPLE]:
        write(folder / name, changed(table, path, value))
        if name != "nerlink.json":
            sign(folder)
        try:
            told.add(use(folder))
        except BaseException as error:
            error.add_note(f"{name}: {path} = {value!r}")
            raise
        finally:
            for file, content in before.items():
                file.write_bytes(content)
    assert told <= {"works", "refused"}


@pytest.mark.parametrize(
    ("name", "path", "value", "message"),
    [
        ("encoder/tokenizer.json", ("model", "unk_token"), "", "cannot be used"),
        ("encoder/config.json", ("layer_norm_eps",), -1.0, "infinite or no numbers"),
        ("encoder/config.json", ("layer_norm_eps",), "x", "cannot be used"),
        ("linker.json", ("seen", "99"), 1, "does not fit this model"),
        ("linker.json", ("text_version",), 10**12, "an older copy of the base"),
        ("linker.json", ("base",), "x", "another base"),
        ("nerlink.json", ("labels",), [], "which do not fit"),
        ("nerlink.json", ("labels",), ["PER", "PER"], "labels = .* should name each once"),
        ("nerlink.json", ("tasks",), ["nel"], "which do not fit"),
        ("nerlink.json", ("precision",), "fp64", "precision = 'fp64' should be 'fp32', "),
        ("config.toml", ("tagger", "rnn"), 10**9, "tagger.rnn = 1000000000 should be less"),
        ("config.toml", ("encoder", "shape_dim"), 8, "does not fit this model"),
        ("config.toml", ("linker", "loss_weight"), float("inf"), "should be a finite number"),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_named(folder, name, path, value, message):
    before = {path: path.read_bytes() for path in (folder / name, folder / "nerlink.json")}
    write(folder / name, changed(content_of(folder / name), path, value))
    if name != "nerlink.json":
        sign(folder)
    try:
        with pytest.raises(StorageError, match=message):
            load_model(folder)
    finally:
        for file, content in before.items():
            file.write_bytes(content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        (name, content)
        for name in FILES
        for content in (b"", b"\xff\xfe", b"[" * 99_999, b'{"a":' * 9999, b"null", b"\0" * 99)
    ],
    ids=str,
)
def test_what_is_no_table_at_all_is_refused(folder, name, content):
    before = {path: path.read_bytes() for path in (folder / name, folder / "nerlink.json")}
    (folder / name).write_bytes(content)
    if name != "nerlink.json":
        sign(folder)
    try:
        assert use(folder) == "refused"
    finally:
        for path, old in before.items():
            path.write_bytes(old)


@pytest.mark.parametrize(
    "name", ["heads.safetensors", "prototypes.safetensors", "encoder/model.safetensors"]
)
@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("nan", "values that are infinite or no numbers"),
        ("inf", "values that are infinite or no numbers"),
        ("shape", r"does not fit|where config\.json makes it|the texts are"),
        ("missing", r"does not fit|the weights lack|text"),
        ("integers", r"does not fit|where config\.json makes it|the texts are"),
        ("short", "damaged|rror|cut|incomplete"),
        ("empty", "damaged|rror"),
    ],
)
def test_weights_that_cannot_be_are_refused(folder, name, damage, message):
    path = folder / name
    before = {file: file.read_bytes() for file in (path, folder / "nerlink.json")}
    tensors = load_file(path)
    key = next(name for name, tensor in sorted(tensors.items()) if tensor.is_floating_point())
    tensor = tensors[key].clone()
    if damage in ("nan", "inf"):
        tensor.flatten()[-1] = float(damage)
    change = {
        "shape": lambda: torch.cat([tensor[None], tensor[None]]),
        "integers": tensor.int,
    }.get(damage, lambda: tensor)
    tensors[key] = change()
    if damage == "missing":
        del tensors[key]
    save_file(tensors, path, metadata={"format": "pt"})
    if damage in ("short", "empty"):
        path.write_bytes(before[path][: 100 if damage == "short" else 0])
    sign(folder)
    try:
        with pytest.raises(StorageError, match=message) as refusal:
            load_model(folder)
    finally:
        for file, content in before.items():
            file.write_bytes(content)
    if damage in ("nan", "inf"):
        assert key in str(refusal.value)
