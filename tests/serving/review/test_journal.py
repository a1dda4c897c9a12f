import json
import os

import pytest

from nerlink import sources
from nerlink.data import Document, Mention
from nerlink.errors import ConfigError, DataError
from nerlink.serving.review.journal import Journal, log_of, read_saves
from nerlink.serving.review.saves import Save

TEXT = "Cows walk to Paris."
PARIS = Mention(start=13, end=18, label="LOC", entity="paris")


def save(name="a", *mentions, reviewer="ada", text=TEXT):
    doc = Document(id=name, text=text, mentions=mentions)
    return Save(key=f"id:{name}", doc=doc, reviewer=reviewer, time="2026-01-02T03:04:05Z")


@pytest.fixture
def output(tmp_path):
    return tmp_path / "gold.jsonl"


@pytest.fixture
def said():
    return []


@pytest.fixture
def begin(output, said):
    return lambda: Journal(output, said.append)


def ids(output):
    return [doc.id for doc in sources.read(output)]


def test_a_save_is_in_both_files_at_once(begin, output):
    with begin() as journal:
        assert journal.add(save("a", PARIS)) is None
        (doc,) = sources.read(output)
        assert doc.mentions == (PARIS,)
        assert doc.complete
        assert doc.meta == {"reviewer": "ada", "reviewed": "2026-01-02T03:04:05Z"}
        assert [one.reviewer for one in read_saves(output)] == ["ada"]


def test_the_last_version_counts_and_all_are_kept(begin, output):
    with begin() as journal:
        for one in (save("a"), save("b"), save("a", PARIS, reviewer="bob")):
            journal.add(one)
    found = sources.read(output)
    assert [(doc.id, doc.meta["reviewer"]) for doc in found] == [("a", "bob"), ("b", "ada")]
    assert len(read_saves(output)) == 3


def test_another_start_goes_on(begin, output, said):
    with begin() as journal:
        journal.add(save("a", PARIS))
        session = journal.session
    with begin() as journal:
        assert journal.session == session
        assert [one.doc.mentions for one in journal.saves["id:a"]] == [(PARIS,)]
        journal.add(save("b"))
    assert ids(output) == ["a", "b"]
    assert said == []


@pytest.mark.parametrize("cut", [1, 20, 100])
def test_a_line_that_was_cut_off_is_removed(begin, output, said, cut):
    with begin() as journal:
        journal.add(save("a"))
        journal.add(save("b"))
    log = log_of(output)
    log.write_bytes(log.read_bytes()[:-cut])
    output.write_text(output.read_text().splitlines(keepends=True)[0])
    with begin() as journal:
        assert list(journal.saves) == ["id:a"]
        assert "of a save that was cut off" in said[0]
        journal.add(save("b", PARIS))
    assert ids(output) == ["a", "b"]
    assert len(read_saves(output)) == 2


def test_an_output_that_was_cut_off_is_healed_from_the_log(begin, output, said):
    with begin() as journal:
        journal.add(save("a"))
        journal.add(save("b", PARIS))
    whole = output.read_bytes()
    for end in (len(whole) - 1, len(whole) - 30, 0):
        output.write_bytes(whole[:end])
        begin().close()
        assert output.read_bytes() == whole
    assert said == []


def test_an_output_that_is_gone_is_made_again(begin, output, said):
    with begin() as journal:
        journal.add(save("a"))
    output.unlink()
    begin().close()
    assert ids(output) == ["a"]
    assert "To begin anew, remove both" in said[0]


def test_two_may_not_have_one_output(begin):
    with begin(), pytest.raises(ConfigError, match="is being written by another nerlink review"):
        begin()
    begin().close()


def test_documents_without_a_log_are_taken_over(begin, output):
    sources.write([save("a", PARIS).doc], output)
    with begin() as journal:
        assert journal.saves["id:a"][0].doc.mentions == (PARIS,)
        journal.add(save("b"))
    assert ids(output) == ["a", "b"]


def test_what_somebody_has_changed_by_hand_stays(begin, output, said):
    with begin() as journal:
        journal.add(save("a", PARIS))
    output.write_text(output.read_text().replace('"paris"', '"paris-texas"'))
    with begin() as journal:
        assert "1 document of" in said[0] and "somebody has changed the file" in said[0]
        journal.add(save("b"))
    assert sources.read(output)[0].mentions[0].entity == "paris-texas"


def test_what_somebody_changes_meanwhile_stays(begin, output):
    with begin() as journal:
        journal.add(save("a", PARIS))
        output.write_text(output.read_text().replace('"paris"', '"texas"'))
        journal.add(save("b"))
    assert [doc.id for doc in sources.read(output)] == ["a", "b"]
    assert sources.read(output)[0].mentions[0].entity == "texas"


def test_an_output_that_cannot_be_read_meanwhile_is_left_alone(begin, output):
    with begin() as journal:
        journal.add(save("a"))
        output.write_text("no JSON\n")
        told = journal.add(save("b"))
        assert "gold.jsonl:1: not JSON" in told
        assert output.read_text() == "no JSON\n"
        output.unlink()
        assert journal.add(save("c")) is None
    assert ids(output) == ["a", "b", "c"]


def test_incomplete_documents_are_no_output(begin, output):
    sources.write([Document(text=TEXT, complete=False)], output)
    with pytest.raises(DataError, match=r"gold\.jsonl:1: the document is not complete"):
        begin()
    assert not sources.read(output)[0].complete


def test_a_file_that_is_no_log_is_not_touched(begin, output):
    for content in ("some notes", "some notes\n", '{"review": 99, "session": "x"}\n'):
        log_of(output).write_text(content)
        with pytest.raises(DataError, match="this is no log of reviews"):
            begin()
        assert log_of(output).read_text() == content


def test_a_bad_line_of_the_log_is_told_with_its_place(begin, output):
    with begin() as journal:
        journal.add(save("a"))
    lines = log_of(output).read_text().splitlines()
    log_of(output).write_text("\n".join([*lines, "no JSON", lines[1]]) + "\n")
    with pytest.raises(DataError, match=r"gold\.jsonl\.log:3: not JSON"):
        begin()


@pytest.mark.parametrize("name", ["gold.csv", "gold.jsonl.gz", "gold"])
def test_other_formats_are_refused(tmp_path, said, name):
    with pytest.raises(ConfigError, match="written as JSON lines"):
        Journal(tmp_path / name, said.append)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path, said):
    with pytest.raises(ConfigError, match="cannot be written"):
        Journal(tmp_path / "none" / "gold.jsonl", said.append)


def test_nothing_of_a_save_is_kept_where_the_disk_is_full(begin, output, monkeypatch):
    with begin() as journal:
        journal.add(save("a"))
        before = log_of(output).read_bytes()
        real = os.write

        def full(descriptor, content):
            real(descriptor, bytes(content)[:10])
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.write", full)
        with pytest.raises(DataError, match=r"No space left on device\. Nothing was saved"):
            journal.add(save("b"))
        monkeypatch.undo()
        assert log_of(output).read_bytes() == before
        assert "id:b" not in journal.saves
        journal.add(save("b"))
    assert ids(output) == ["a", "b"]


def test_an_output_that_cannot_be_written_is_made_up_for(begin, output, monkeypatch):
    with begin() as journal:
        journal.add(save("a"))

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Journal, "_write_output", full)
        assert "not in gold.jsonl yet" in journal.add(save("b"))
        monkeypatch.undo()
        journal.add(save("c"))
    assert ids(output) == ["a", "b", "c"]


def test_no_log_is_told(output):
    with pytest.raises(DataError, match=r"gold\.jsonl\.log: no such file"):
        read_saves(output)


def test_the_log_is_json_lines(begin, output):
    with begin() as journal:
        journal.add(save("a", text="Zoë\u2028\n"))
    head, line = log_of(output).read_bytes().decode().removesuffix("\n").split("\n")
    assert json.loads(head)["review"] == 1
    assert json.loads(line)["document"]["text"] == "Zoë\u2028\n"
