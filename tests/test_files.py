import errno
import gzip
import io
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from nerlink.errors import DataError
from nerlink.files import LIMITS, Limits, choose_encoding, numbered_lines, open_output, read_text
from nerlink.sources import read


def test_only_line_feeds_end_lines(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("a\u2028b\x0c\r\nc".encode())
    assert list(numbered_lines(path)) == [(1, "a\u2028b\x0c"), (2, "c")]


def test_byte_order_mark_is_dropped(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xef\xbb\xbfAda")
    assert read_text(path) == "Ada"
    assert list(numbered_lines(path)) == [(1, "Ada")]


def test_gzip_is_unpacked_and_packed_the_same_each_time(tmp_path):
    paths = [tmp_path / "a.txt.gz", tmp_path / "b.txt.gz"]
    for path in paths:
        with open_output(path) as handle:
            handle.write("Ada")
    assert read_text(paths[0]) == "Ada"
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_missing_file_is_named(tmp_path):
    with pytest.raises(DataError, match=r"nowhere.txt: no such file"):
        read_text(tmp_path / "nowhere.txt")


def test_folder_is_no_file(tmp_path):
    with pytest.raises(DataError, match="is a folder"):
        read_text(tmp_path)


@pytest.mark.parametrize("content", [b"", b"no gzip", gzip.compress(b"Ada" * 99)[:-9]])
def test_damaged_gzip_is_refused(tmp_path, content):
    path = tmp_path / "a.txt.gz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a.txt.gz cannot be read: .* it is whole"):
        read_text(path)


def test_byte_that_does_not_fit_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("é".encode("latin-1"))
    with pytest.raises(DataError, match=r"a.txt: byte 0 \(0xe9\) is not utf-8"):
        read_text(path)
    with pytest.raises(DataError, match="no encoding 'utf-9'"):
        read_text(path, encoding="utf-9")


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_first_encoding_that_fits_is_chosen(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes("España".encode(encoding))
    assert choose_encoding(path, ["utf-8", "latin-1"]) == encoding


def test_file_in_none_of_the_encodings_is_refused(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"\xff")
    with pytest.raises(DataError, match="in none of the encodings ascii, utf-8"):
        choose_encoding(path, ["ascii", "utf-8"])


def test_output_appears_whole_or_not_at_all(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(ZeroDivisionError), open_output(path) as handle:
        handle.write("half")
        raise ZeroDivisionError
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_output_into_a_missing_folder_is_refused(tmp_path):
    missing = open_output(tmp_path / "no" / "a.txt")
    with pytest.raises(DataError, match=r"cannot be written: No such.* Name a file"), missing:
        pass


def test_standard_streams_stay_open(monkeypatch):
    output = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", output)
    with open_output("-") as handle:
        handle.write("é\n")
    assert output.buffer.getvalue() == "é\n".encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"Ada")))
    assert read_text("-") == "Ada"


def test_a_link_stays_a_link(tmp_path):
    target, link = tmp_path / "target", tmp_path / "link"
    target.write_text("old")
    link.symlink_to(target)
    with open_output(link) as handle:
        handle.write("new")
    assert (link.is_symlink(), target.read_text()) == (True, "new")


def test_links_in_a_circle_make_way_for_a_file(tmp_path):
    link = tmp_path / "link"
    link.symlink_to(link)
    with open_output(link) as handle:
        handle.write("new")
    assert link.read_text() == "new"


def test_a_pipe_is_written_to_and_not_replaced(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with open_output(pipe) as handle:
        handle.write("words")
    assert (pipe.is_fifo(), os.read(reader, 9)) == (True, b"words")
    os.close(reader)


def test_a_folder_is_no_output(tmp_path):
    with pytest.raises(DataError, match="cannot be written: Is a directory"), open_output(tmp_path):
        pass


def test_an_unknown_encoding_is_named(tmp_path):
    (tmp_path / "a").write_text("a")
    with pytest.raises(DataError, match="there is no encoding 'utf-9'"):
        choose_encoding(tmp_path / "a", ["utf-9"])


def test_carriage_returns_end_lines_where_there_is_no_line_feed(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("é\rb\r".encode())
    assert list(numbered_lines(path)) == [(1, "é"), (2, "b")]
    path.write_bytes(b"a\rb\nc")
    assert list(numbered_lines(path)) == [(1, "a\rb"), (2, "c")]


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
def test_a_byte_order_mark_names_the_encoding(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes("é🎉\r\nb".encode(encoding))
    assert list(numbered_lines(path)) == [(1, "é🎉"), (2, "b")]
    assert read_text(path) == "é🎉\r\nb"
    assert choose_encoding(path, ["cp1252"]) == encoding


def test_utf_16_without_a_mark_is_named(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes("Ada met Babbage".encode("utf-16-le"))
    with pytest.raises(DataError, match="encoding='utf-16-le'"):
        read_text(path)
    with pytest.raises(DataError, match="encoding='utf-16-le'"):
        list(numbered_lines(path))
    assert read_text(path, encoding="utf-16-le") == "Ada met Babbage"


def test_a_line_that_cannot_be_read_does_not_end_a_file(tmp_path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"a\n\xe9\nb\n")
    first, second, third = (line for _, line in numbered_lines(path))
    assert (first, third) == ("a", "b")
    assert "a.txt:2: byte 0 (0xe9) is not utf-8" in str(second)


def test_full_disk_is_named_with_the_file():
    if not Path("/dev/full").exists():
        pytest.skip("no such device")
    message = r"/dev/full cannot be written: No space left.*Make room"
    with pytest.raises(DataError, match=message), open_output("/dev/full") as handle:
        handle.write("Ada")


def test_standard_output_that_is_full_is_named(monkeypatch):
    class Full(io.RawIOBase):
        def writable(self):
            return True

        def write(self, _):
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(Full()))
    message = "standard output cannot be written: No space left"
    with pytest.raises(DataError, match=message), open_output("-") as handle:
        handle.write("Ada")


@pytest.mark.parametrize("name", ["a\0b.txt", "x" * 300])
def test_name_that_no_file_can_have_is_refused(tmp_path, name):
    with pytest.raises(DataError, match="cannot be written"), open_output(tmp_path / name):
        pass
    with pytest.raises(DataError):
        read_text(tmp_path / name)


def test_error_of_a_file_that_is_read_meanwhile_stays_its_own(tmp_path):
    with pytest.raises(FileNotFoundError), open_output(tmp_path / "a.txt"):
        (tmp_path / "nowhere.txt").read_text()


def test_longest_name_can_be_written(tmp_path):
    path = tmp_path / ("é" * 127)
    with open_output(path) as handle:
        handle.write("Ada")
    assert read_text(path) == "Ada"


KILLED = """
import os, sys
from nerlink.files import LIMITS, Limits, choose_encoding, numbered_lines, open_output, read_text
from nerlink.sources import read
with open_output(sys.argv[1]) as handle:
    handle.write("half")
    os._exit(9)
"""


def test_next_writer_removes_what_a_killed_one_has_left_and_nothing_of_the_living(tmp_path):
    path = tmp_path / "a.txt"
    subprocess.run([sys.executable, "-c", KILLED, str(path)], check=False)
    (left,) = tmp_path.iterdir()
    (tmp_path / ".b.txt.0123abcd.partial").write_text("of another file")
    with open_output(path) as living:
        assert not left.exists()
        with open_output(path) as other:
            other.write("first")
        living.write("last")
    assert read_text(path) == "last"
    assert sorted(p.name for p in tmp_path.iterdir()) == [".b.txt.0123abcd.partial", "a.txt"]


@pytest.fixture
def limits(monkeypatch):
    """The limits, which may be set in a test."""
    small = Limits(line=1 << 16, expansion=20, unpacked=1 << 20, whole=1 << 21)
    for name in ("line", "expansion", "unpacked", "whole"):
        monkeypatch.setattr(LIMITS, name, getattr(small, name))
    return LIMITS


def bomb(path, line, n_lines):
    with gzip.open(path, "wb") as handle:
        for _ in range(n_lines):
            handle.write(line)


@pytest.mark.parametrize("name", ["a.txt.gz", "a.jsonl.gz", "a.conll.gz", "a.ttl.gz", "a.json.gz"])
def test_packed_file_that_swells_is_refused_before_it_is_in_memory(tmp_path, limits, name):
    path = tmp_path / name
    bomb(path, b" " * 1000 + b"\n", 50_000)
    tracemalloc.start()
    try:
        with pytest.raises(DataError, match=r"gz: .* bytes come out of .* unpack it first"):
            read(path)
        assert tracemalloc.get_traced_memory()[1] < 10 * limits.unpacked
    finally:
        tracemalloc.stop()


def test_honest_packed_file_is_read_whatever_its_size(tmp_path, limits):
    path = tmp_path / "a.txt.gz"
    with gzip.open(path, "wb") as handle:
        for number in range(200_000):
            handle.write(b"%d Ada met Bob\n" % (number * number))
    assert sum(1 for _ in numbered_lines(path)) == 200_000
    with pytest.raises(DataError, match=r"all would be in memory.*JSON lines"):
        read_text(path)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_line_without_end_is_refused_and_those_before_are_read(tmp_path, limits, ending, encoding):
    path = tmp_path / f"a.txt{ending}"
    text = "Ada\n" + "".join(map(str, range(50_000)))
    with gzip.open(path, "wb") if ending else path.open("wb") as handle:
        handle.write(text.encode(encoding))
    lines = numbered_lines(path, encoding=encoding)
    assert next(lines) == (1, "Ada")
    with pytest.raises(DataError, match=r"a.txt.*:2: the line is longer than 65,536 bytes"):
        next(lines)


def test_lines_before_the_end_of_a_packed_file_that_is_cut_short_are_read(tmp_path):
    path = tmp_path / "a.txt.gz"
    whole = gzip.compress(b"".join(b"%d\n" % (n * n) for n in range(100_000)))
    path.write_bytes(whole[: len(whole) // 2])
    read_so_far = []
    with pytest.raises(DataError, match=r"a.txt.gz cannot be read: .* it is whole"):
        read_so_far.extend(numbered_lines(path))
    assert len(read_so_far) > 10_000


def test_files_are_written_where_none_can_be_locked(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    left = tmp_path / ".a.txt.0123abcd.partial"
    left.touch()
    with open_output(tmp_path / "a.txt") as handle:
        handle.write("Ada")
    assert read_text(tmp_path / "a.txt") == "Ada"
    assert left.exists()


def test_a_terminal_gets_nothing_that_it_obeys(monkeypatch):
    import io

    written = io.BytesIO()
    terminal = io.TextIOWrapper(written, encoding="utf-8")
    monkeypatch.setattr(terminal, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdout", terminal)
    with open_output("-") as handle:
        handle.write("Ada \x9b31m\x1b[2J é\n")
    assert written.getvalue().decode() == "Ada \ufffd31m\ufffd[2J é\n"
