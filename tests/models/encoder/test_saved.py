import json
import shutil
import sys
from io import StringIO
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from nerlink.config import EncoderConfig
from nerlink.errors import EncoderError
from nerlink.models.encoder.embeddings import WindowEmbeddings
from nerlink.models.encoder.saved import check_finite, check_saved_encoder, refusing_raw_errors


@pytest.fixture
def folder(encoder_dir, tmp_path) -> Path:
    """An encoder to damage."""
    return Path(shutil.copytree(encoder_dir, tmp_path / "encoder"))


def change(path: Path, **values) -> None:
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


CODE = {
    "AutoConfig": "evil.Config",
    "AutoModel": "evil.Model",
    "AutoTokenizer": ["evil.Tokenizer", "evil.Tokenizer"],
}


def plant(folder: Path, name: str, marker: Path) -> None:
    """Code that leaves a mark when it is imported, and settings that ask for it."""
    (folder / "evil.py").write_text(f"open({str(marker)!r}, 'w')\n")
    change(folder / name, auto_map=CODE)
    key = "model_type" if name == "config.json" else "tokenizer_class"
    change(folder / name, **{key: "Evil"})


@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_code_in_the_folder_of_an_encoder_is_not_run_nor_asked_for(
    folder, tmp_path, monkeypatch, name
):
    plant(folder, name, tmp_path / "marker")
    answers = StringIO("y\n1\ny\n1\n")
    monkeypatch.setattr(sys, "stdin", answers)
    with pytest.raises(EncoderError, match="asks to run code of its own, which nerlink never does"):
        WindowEmbeddings(EncoderConfig(model=str(folder)))
    assert not (tmp_path / "marker").exists()
    assert answers.tell() == 0


def test_code_that_an_encoder_can_do_without_is_neither_run_nor_saved(folder, tmp_path):
    (folder / "evil.py").write_text(f"open({str(tmp_path / 'marker')!r}, 'w')\n")
    for name in ("config.json", "tokenizer_config.json"):
        change(folder / name, auto_map=CODE)
    encoder = WindowEmbeddings(EncoderConfig(model=str(folder)))
    encoder.model.save_pretrained(tmp_path / "saved")
    encoder.tokenizer.save_pretrained(tmp_path / "saved")
    check_saved_encoder(tmp_path / "saved")
    assert not (tmp_path / "marker").exists()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("config.json", {"auto_map": {"AutoModel": "evil.Model"}}),
        ("config.json", {"auto_map": {"AutoModel": "someone/else--evil.Model"}}),
        ("config.json", {"_attn_implementation": "someone/kernel"}),
        ("config.json", {"attn_implementation": {"": "someone/kernel"}}),
        ("config.json", {"quantization_config": {"quant_method": "bitsandbytes"}}),
        ("config.json", {"transformers_weights": "../../x.safetensors"}),
        ("config.json", {"configuration_files": ["../config.4.0.0.json"]}),
        ("config.json", {"text_config": {"auto_map": {"AutoModel": "evil.Model"}}}),
        ("tokenizer_config.json", {"auto_map": {"AutoTokenizer": ["evil.T", None]}}),
        ("tokenizer_config.json", {"tokenizer_file": "/etc/passwd"}),
        ("tokenizer_config.json", {"vocab_file": "../../x"}),
        ("tokenizer_config.json", {"fast_tokenizer_files": ["../tokenizer.4.0.json"]}),
        ("tokenizer_config.json", {"init_inputs": ["/etc/passwd"]}),
        ("special_tokens_map.json", {"tokenizer_file": "/etc/passwd"}),
    ],
    ids=str,
)
def test_settings_that_lead_to_code_or_elsewhere_are_refused(folder, name, values):
    change(folder / name, **values)
    key = next(iter(values))
    with pytest.raises(EncoderError, match=r"asks for code or files from elsewhere") as refusal:
        check_saved_encoder(folder)
    assert name in str(refusal.value)
    assert ("auto_map" if key == "text_config" else key) in str(refusal.value)


@pytest.mark.parametrize(
    "values",
    [
        {"tokenizer_file": None, "auto_map": {}},
        {"name_or_path": "/home/me/bert", "_attn_implementation_autoset": True},
    ],
    ids=str,
)
def test_settings_that_lead_nowhere_are_left(folder, values):
    for name in ("config.json", "tokenizer_config.json"):
        change(folder / name, **values)
    check_saved_encoder(folder)


def into_parts(folder: Path, **where: str) -> None:
    """Cut the weights in two, and say that a tensor is in another file."""
    weights = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    names = sorted(weights)
    index = {}
    for number, half in enumerate((names[:9], names[9:]), start=1):
        part = f"model-0000{number}-of-00002.safetensors"
        save_file({name: weights[name] for name in half}, folder / part, metadata={"format": "pt"})
        index |= dict.fromkeys(half, part)
    index |= where
    content = {"metadata": {"total_size": 1}, "weight_map": index}
    (folder / "model.safetensors.index.json").write_text(json.dumps(content))


def test_weights_in_several_files_are_checked_and_loaded(folder):
    into_parts(folder)
    check_saved_encoder(folder)
    WindowEmbeddings(EncoderConfig(model="none"), folder=folder)


@pytest.mark.parametrize(
    "place", ["../../x.safetensors", "/x.safetensors", "pytorch_model.bin", "model-1.safetensors\n"]
)
def test_weights_are_in_files_of_the_folder_alone(folder, place):
    into_parts(folder, **{"pooler.dense.bias": place})
    with pytest.raises(EncoderError, match=r"index\.json: weight_map = .* should match"):
        check_saved_encoder(folder)
    with pytest.raises(EncoderError, match=r"index\.json: weight_map = .* should match"):
        WindowEmbeddings(EncoderConfig(model=str(folder)))


def test_a_part_of_the_weights_that_is_not_there_is_named(folder):
    into_parts(folder, **{"pooler.dense.bias": "model-00003-of-00003.safetensors"})
    with pytest.raises(EncoderError, match=r"model-00003-of-00003\.safetensors is missing"):
        check_saved_encoder(folder)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("hidden_size", -1, r"hidden_size = -1 should be greater than 0"),
        ("hidden_size", 10**9, r"hidden_size = 1000000000 should be less"),
        ("hidden_size", "x", r"hidden_size = 'x' should be a whole number"),
        ("hidden_size", 64, r"is F32 \[154, 32\] in the weights, where config.json makes it"),
        ("vocab_size", 155, r"is F32 \[154, 32\] in the weights, where .* \[155, 32\]"),
        ("num_hidden_layers", 3, r"the weights lack encoder\.layer\.2\."),
        ("num_hidden_layers", 10**12, r"is out of reach; at most 1024"),
        ("num_labels", 10**8, r"is out of reach; at most 1024"),
        ("max_position_embeddings", 10**12, r"is out of reach"),
        ("hidden_act", "x", r"cannot be used \(KeyError"),
        ("num_attention_heads", 3, r"cannot be used \(ValueError"),
        ("model_type", "timm_wrapper", r"is no transformer for text"),
        ("model_type", [], r"model_type = \[\] should be text"),
    ],
    ids=str,
)
def test_sizes_that_do_not_fit_the_weights_are_refused(folder, key, value, message):
    change(folder / "config.json", **{key: value})
    with pytest.raises(EncoderError, match=message):
        check_saved_encoder(folder)


@pytest.mark.parametrize(
    "content", [b"", b"\xff", b"[" * 9999, b'{"a":' * 9999, b"[]", b'{"a":' + b"1" * 9999 + b"}"]
)
@pytest.mark.parametrize("name", ["config.json", "tokenizer_config.json"])
def test_what_is_no_table_in_json_is_refused_with_the_name_of_the_file(folder, name, content):
    (folder / name).write_bytes(content)
    with pytest.raises(EncoderError, match=rf"{name}: (the file is invalid JSON|the content = \[)"):
        check_saved_encoder(folder)


@pytest.mark.parametrize("size", [0, 7, 900, -4])
def test_weights_cut_short_are_refused(folder, size):
    content = (folder / "model.safetensors").read_bytes()
    (folder / "model.safetensors").write_bytes(content[:size])
    with pytest.raises(EncoderError, match=r"model\.safetensors: damaged"):
        check_saved_encoder(folder)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_weights_that_are_no_numbers_are_named(value, dtype):
    tensor = torch.zeros(3, 4, dtype=dtype)
    check_finite([("fine", tensor), ("empty", tensor[:0]), ("rows", torch.arange(3))], "here")
    tensor[1, 2] = value
    with pytest.raises(EncoderError, match="here: bad has values that are infinite or no numbers"):
        check_finite([("bad", tensor)], "here")


@pytest.mark.parametrize("kind", [Exception, KeyError, RuntimeError, AssertionError, MemoryError])
def test_what_a_library_raises_becomes_an_error_for_people(kind):
    with (
        pytest.raises(EncoderError, match=r"x cannot be used \(\w+: '?why"),
        refusing_raw_errors("x"),
    ):
        raise kind("why")
    with pytest.raises(KeyboardInterrupt), refusing_raw_errors("x"):
        raise KeyboardInterrupt
