import hashlib
import io
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from nerlink.corpora.cards import Card
from nerlink.corpora.downloads import fetch
from nerlink.errors import DataError

CONTENT = b'{"text": "Ada"}\n'


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *args):
        pass


@pytest.fixture
def address(tmp_path):
    (tmp_path / "server").mkdir()
    (tmp_path / "server" / "a.jsonl").write_bytes(CONTENT)
    handler = partial(Quiet, directory=str(tmp_path / "server"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def pack(path, name):
    """An archive with the file under a name, and another file."""
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("readme", "")
            archive.writestr(name, CONTENT)
        return
    with tarfile.open(path, "w:gz") as archive:
        for member, content in (("readme", b""), (name, CONTENT)):
            entry = tarfile.TarInfo(member)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))


def card(url, content=CONTENT):
    return Card(
        name="letters",
        title="Letters",
        language="en",
        licence="CC0-1.0",
        source="a test",
        labels=(),
        format="jsonl",
        splits={
            "train": {"file": "a.jsonl", "sha256": hashlib.sha256(content).hexdigest(), "url": url}
        },
    )


def test_file_is_fetched_once_and_kept(address, tmp_path):
    folder = fetch(card(f"{address}/a.jsonl"), folder=tmp_path / "cache")
    assert (folder / "a.jsonl").read_bytes() == CONTENT
    (tmp_path / "server" / "a.jsonl").unlink()
    assert fetch(card(f"{address}/a.jsonl"), folder=tmp_path / "cache") == folder


def test_other_file_than_the_cards_is_refused(address, tmp_path):
    with pytest.raises(DataError, match=r"a.jsonl is not what was expected: SHA256"):
        fetch(card(f"{address}/a.jsonl", b"other"), folder=tmp_path / "cache")
    assert not (tmp_path / "cache" / "a.jsonl").exists()


@pytest.mark.parametrize("path", ["/nowhere.jsonl", None], ids=["no such file", "no server"])
def test_file_that_cannot_be_fetched_is_named(address, tmp_path, path):
    url = f"{address}{path}" if path else "http://127.0.0.1:9/a.jsonl"
    with pytest.raises(DataError, match=r"cannot be fetched: .* Without a network, get the file"):
        fetch(card(url), folder=tmp_path / "cache")


def test_card_without_addresses_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match=r"no address for a.jsonl. .* corpus build letters --files"):
        fetch(card(None), folder=tmp_path)


@pytest.mark.parametrize("name", ["a.jsonl", "./a.jsonl", "corpus/a.jsonl"])
@pytest.mark.parametrize("archive", ["all.zip", "all.tar.gz", "all.tgz"])
def test_file_is_taken_out_of_an_archive(address, tmp_path, archive, name):
    pack(tmp_path / "server" / archive, name)
    folder = fetch(card(f"{address}/{archive}"), folder=tmp_path / "cache")
    assert (folder / "a.jsonl").read_bytes() == CONTENT
    (tmp_path / "server" / archive).unlink()
    (folder / archive).unlink()
    assert fetch(card(f"{address}/{archive}"), folder=tmp_path / "cache") == folder


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("b.jsonl", CONTENT, "holds no a.jsonl, but readme, b.jsonl"),
        ("a.jsonl", b"other", "a.jsonl in it has the SHA-256"),
        ("not-a.jsonl", CONTENT, "holds no a.jsonl"),
    ],
)
def test_archive_without_the_file_that_is_meant_is_refused(
    address, tmp_path, name, content, message
):
    pack(tmp_path / "server" / "all.zip", name)
    with pytest.raises(DataError, match=f"all.zip is not what was expected: .*{message}"):
        fetch(card(f"{address}/all.zip", content), folder=tmp_path / "cache")
    assert not (tmp_path / "cache" / "a.jsonl").exists()


def test_damaged_archive_is_told(address, tmp_path):
    (tmp_path / "server" / "all.tar.gz").write_bytes(b"no archive")
    with pytest.raises(DataError, match=r"all.tar.gz is not what was expected: .*not a gzip"):
        fetch(card(f"{address}/all.tar.gz"), folder=tmp_path / "cache")
    assert not list((tmp_path / "cache").iterdir()), "the next try fetches it anew"
