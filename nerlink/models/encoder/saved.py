"""The encoder of a saved model, checked before transformers reads it.

A saved model may come from a stranger. transformers follows what its JSON files say: to code, to
files elsewhere, to packages that load code, to weights of any size; and where weights are missing
it makes random ones. Here the settings are read as typed values, and the weights are compared with
a model of these settings that has no memory of its own.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import torch
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from safetensors import SafetensorError, safe_open
from torch import Tensor

from nerlink.errors import ConfigError, EncoderError
from nerlink.toml import read_json

__all__ = [
    "INDEX",
    "TensorShape",
    "check_finite",
    "check_saved_encoder",
    "read_shapes",
    "refusing_raw_errors",
    "weight_files",
]

INDEX: Final = "model.safetensors.index.json"
PART: Final = r"model-[0-9]{5}-of-[0-9]{5}\.safetensors"

LARGEST: Final = 1 << 24
"""A number of `config.json` may not be larger: no vocabulary, no width and no length is."""

MOST_PARTS: Final = 1024
"""Layers, groups, experts and labels that a model may have, unless it has more tensors."""

_COUNTS: Final = re.compile(r".*(layer|group|block|expert|head|label|repeat)", re.IGNORECASE)

_LEADS_OUT: Final = re.compile(
    r"auto_map|quantization_config|compression_config|transformers_weights|configuration_files"
    r"|init_inputs|tokenizer_object|__.*|.*_files?"
)
"""Keys by which transformers runs code, imports packages, or reads files of other names."""

_ATTENTION: Final = ("eager", "sdpa")
"""Attention that transformers has; other names are packages, or repositories with code."""

TensorShape = tuple[tuple[int, ...], str]
"""The shape of a tensor, and its type as safetensors writes it, such as `F32`."""


class _Settings(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow", frozen=True, allow_inf_nan=False)

    __pydantic_extra__: dict[str, JsonValue]


class _EncoderSettings(_Settings):
    """`config.json`: the type of the transformer; which other keys it has depends on that."""

    model_type: str
    vocab_size: Annotated[int, Field(gt=0, le=LARGEST)] | None = None
    hidden_size: Annotated[int, Field(gt=0, le=LARGEST)] | None = None
    num_hidden_layers: Annotated[int, Field(gt=0)] | None = None
    num_attention_heads: Annotated[int, Field(gt=0)] | None = None


class _TokenizerSettings(_Settings):
    """`tokenizer_config.json`."""

    tokenizer_class: str | None = None
    added_tokens_decoder: dict[Annotated[int, Field(ge=0, le=LARGEST)], dict[str, JsonValue]] = {}


class _SpecialTokens(_Settings):
    """`special_tokens_map.json`."""


class _Index(_Settings):
    """`model.safetensors.index.json`: the part that each tensor is in."""

    weight_map: dict[str, Annotated[str, Field(pattern=rf"^{PART}$")]]


class refusing_raw_errors:  # noqa: N801 - used as a context manager
    """Says what a library raises on files that it cannot use as an error for people.

    On a file that is wrong, transformers raises whatever its code happens to run into, and
    tokenizers raises `Exception` itself, or a panic of Rust.

    Args:
        what: What cannot be used, and where it is.
    """

    KINDS: Final = (
        ArithmeticError,
        AssertionError,
        AttributeError,
        ImportError,
        LookupError,
        MemoryError,
        OSError,
        RuntimeError,
        SafetensorError,
        TypeError,
        ValueError,
    )

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        of_rust = type(error) is Exception or type(error).__name__ == "PanicException"
        if error is not None and (of_rust or isinstance(error, self.KINDS)):
            reason = " ".join(str(error).split())[:300] or type(error).__name__
            if "trust_remote_code" in str(error):
                reason = "it asks to run code of its own, which nerlink never does"
            raise EncoderError(
                f"{self.what} cannot be used ({type(error).__name__}: {reason}). Take its files "
                "from where they come from again."
            ) from error


def check_saved_encoder(folder: Path) -> None:
    """Refuse the folder of a saved encoder if its files lead elsewhere or do not fit each other.

    Raises:
        EncoderError: With the file and the reason.
    """
    try:
        settings = read_json(_EncoderSettings, folder / "config.json")
        others: list[tuple[type[_Settings], str]] = [
            (_TokenizerSettings, "tokenizer_config.json"),
            (_SpecialTokens, "special_tokens_map.json"),
            (_SpecialTokens, "added_tokens.json"),
        ]
        tables: dict[str, _Settings] = {"config.json": settings}
        for kind, name in others:
            if (folder / name).is_file():
                tables[name] = read_json(kind, folder / name)
    except ConfigError as error:
        raise EncoderError(str(error)) from error
    for name, table in tables.items():
        if name == "added_tokens.json":
            continue  # its keys are words of the vocabulary
        _check_keys(table.model_dump(), folder / name)
    _check_type(settings.model_type, folder)
    stored = {
        name: shape for path in weight_files(folder) for name, shape in read_shapes(path).items()
    }
    _check_numbers(settings.model_dump(), folder / "config.json", len(stored))
    _check_weights(folder, settings.model_dump(), stored)
    for path in weight_files(folder):
        check_finite(_tensors(path), path)


def weight_files(folder: Path) -> list[Path]:
    """The files of an encoder's weights.

    Raises:
        EncoderError: There are none, or the list of them is damaged.
    """
    if (folder / "model.safetensors").is_file():
        return [folder / "model.safetensors"]
    try:
        parts = read_json(_Index, folder / INDEX).weight_map.values()
    except ConfigError as error:
        raise EncoderError(str(error)) from error
    paths = [folder / name for name in sorted(set(parts))]
    if missing := [path for path in paths if not path.is_file()]:
        raise EncoderError(f"{missing[0]} is missing. Copy the whole model again.")
    return paths


def read_shapes(path: Path) -> dict[str, TensorShape]:
    """The shapes and types of the tensors of a file, without reading the tensors.

    Raises:
        EncoderError: The file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
            return {name: (tuple(s.get_shape()), s.get_dtype()) for name, s in slices.items()}
    except (SafetensorError, OSError) as error:
        raise EncoderError(f"{path}: damaged ({error}). Copy the whole model again.") from error


def check_finite(tensors: Iterable[tuple[str, Tensor]], where: object) -> None:
    """Refuse weights that are not numbers, which would make every answer none.

    Raises:
        EncoderError: With the name of the tensor.
    """
    for name, tensor in tensors:
        if not tensor.is_floating_point() or not tensor.numel():
            continue
        least, most = tensor.aminmax()
        if not (torch.isfinite(least) and torch.isfinite(most)):
            raise EncoderError(
                f"{where}: {name} has values that are infinite or no numbers. Copy the whole model "
                "again, or train it again."
            )


def _check_keys(table: Any, where: Path) -> None:
    for key, value in _entries(table):
        is_attention = key.strip("_").startswith("attn_implementation")
        is_foreign = is_attention and isinstance(value, str | dict) and value not in _ATTENTION
        if is_foreign or (_LEADS_OUT.fullmatch(key) and value not in (None, [], {}, "")):
            raise EncoderError(
                f"{where}: {key} = {_short(value)} asks for code or files from elsewhere, which a "
                "model never needs. Do not use this model unless you know who made it."
            )


def _check_numbers(table: Any, where: Path, n_tensors: int) -> None:
    """Refuse numbers by which transformers would build without end before it looks at weights."""
    for key, value in _entries(table):
        if key.startswith("rope"):  # frequencies, which cost nothing
            continue
        limit = max(MOST_PARTS, n_tensors) if _COUNTS.match(key) else LARGEST
        numbers = value if isinstance(value, list) else [value]
        for number in numbers:
            if isinstance(number, int) and abs(number) > limit:
                raise EncoderError(
                    f"{where}: {key} = {_short(value)} is out of reach; at most {limit} makes "
                    "sense here. Copy the whole model again."
                )


def _entries(table: Any) -> Iterator[tuple[str, Any]]:
    """The keys and values of a table and of the tables in it, but for the names of labels."""
    values = table.items() if isinstance(table, Mapping) else ()
    for key, value in values:
        if key == "label2id":
            continue
        yield str(key), value
        for inner in value if isinstance(value, list) else [value]:
            yield from _entries(inner)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."


def _check_type(model_type: str, folder: Path) -> None:
    from transformers.models.auto import modeling_auto as known

    kinds = (
        known.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
        known.MODEL_FOR_MASKED_LM_MAPPING_NAMES,
    )
    # Other types read images and sounds, or load further models by their names.
    if not any(model_type in kind for kind in kinds):
        raise EncoderError(
            f"{folder / 'config.json'}: model_type = {_short(model_type)} is no transformer for "
            "text that this version of transformers knows. Upgrade it, or train the model again."
        )


def _check_weights(
    folder: Path, settings: Mapping[str, Any], stored: Mapping[str, TensorShape]
) -> None:
    expected = _expected_weights(folder, settings)
    for name, (shape, is_float, twins) in expected.items():
        found = next((stored[twin] for twin in (name, *twins) if twin in stored), None)
        if found is None:
            raise EncoderError(f"{folder}: the weights lack {name}. Copy the whole model again.")
        if found[0] != shape or (is_float and found[1] not in ("F64", "F32", "F16", "BF16")):
            raise EncoderError(
                f"{folder}: {name} is {found[1]} {list(found[0])} in the weights, where "
                f"config.json makes it {list(shape)}. Copy the whole model again."
            )


def _expected_weights(
    folder: Path, settings: Mapping[str, Any]
) -> dict[str, tuple[tuple[int, ...], bool, list[str]]]:
    """Shape of each weight of the settings, whether it is of floats, and equal weights' names."""
    from transformers import AutoConfig, AutoModel, T5EncoderModel
    from transformers.modeling_utils import no_init_weights

    with refusing_raw_errors(f"{folder / 'config.json'}"):
        config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
        # Tensors of the device `meta` have shapes and no memory, whatever their size.
        with torch.device("meta"), no_init_weights():
            if settings["model_type"] in ("t5", "mt5", "longt5"):  # as Flair loads them
                model: Any = T5EncoderModel(config)
            else:
                model = AutoModel.from_config(config, trust_remote_code=False)  # type: ignore[no-untyped-call]
        weights = model.state_dict(keep_vars=True)
    tied = [re.compile(pattern) for pattern in getattr(model, "_tied_weights_keys", None) or []]
    names: dict[int, list[str]] = {}
    for name, weight in weights.items():
        names.setdefault(id(weight), []).append(name)
    shared = {
        name: [twin for twin in weights if weights[twin].shape == weight.shape]
        for name, weight in weights.items()
        if any(pattern.search(name) for pattern in tied)
    }
    return {
        name: (
            tuple(weight.shape),
            weight.is_floating_point(),
            shared.get(name, names[id(weight)]),
        )
        for name, weight in weights.items()
    }


def _tensors(path: Path) -> Iterator[tuple[str, Tensor]]:
    """The tensors of a file, one after another."""
    with safe_open(path, framework="pt") as file:
        for name in file.keys():  # noqa: SIM118
            yield name, file.get_tensor(name)
