import os
import subprocess
import sys

import pytest

import nerlink
from nerlink.cli.app import COMMANDS, GROUPS

NAMES = [command.__name__.replace("_", "-") for command in COMMANDS]
LEAVES = {
    **dict(zip(NAMES, COMMANDS.values(), strict=True)),
    **{
        f"{name} {(command.name or command.callback.__name__)}": command.epilog
        for name, group in GROUPS.items()
        for command in group.registered_commands
    },
}
PROMISED = [
    "demo",
    "convert",
    "check",
    "annotate",
    "train",
    "tag",
    "select",
    "propose-entities",
    "bulk",
    "serve",
    "review",
    "evaluate",
    "show",
    "explain",
    "info",
    "formats",
    "kb",
    "corpus",
]


def test_the_promised_commands_are_there(run):
    listing = run("--help").out
    assert NAMES + list(GROUPS) == PROMISED
    assert all(f"  {name} " in listing for name in PROMISED)


@pytest.mark.parametrize("command", LEAVES)
def test_help_ends_with_an_example_to_paste(run, command):
    result = run(*command.split(), "--help")
    assert result.code == 0
    assert result.out.strip().splitlines()[-1].strip().startswith(f"Example: nerlink {command}")


@pytest.mark.parametrize("command", LEAVES)
def test_arguments_are_words_in_capitals(run, command):
    usage = run(*command.split(), "--help").out.partition("\n\n")[0].replace(".toml", "")
    arguments = usage.partition("[OPTIONS]")[2]
    assert arguments == arguments.upper()


def test_version_is_shown(run):
    assert run("--version").out.strip() == nerlink.__version__


def test_the_package_can_be_started_as_a_module():
    command = [sys.executable, "-m", "nerlink", "--version"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout.strip(), done.stderr) == (nerlink.__version__, "")


def test_nerlink_error_is_one_line_and_exit_code_1(run, tmp_path):
    result = run("kb", "info", tmp_path / "none.sqlite")
    assert result.code == 1
    assert result.out == ""
    assert result.err.startswith("nerlink: ")
    assert result.err.count("\n") == 1


def test_wrong_command_line_is_exit_code_2(run):
    assert run("kb", "info").code == 2
    assert run("tarin").code == 2


def test_interrupt_is_exit_code_130(run, monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("nerlink.kb.KnowledgeBase.open", interrupt)
    assert run("kb", "info", "any.sqlite").code == 130


def test_reader_that_goes_away_is_no_traceback():
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-c", "from nerlink.cli import main; main()", "--help"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert done.stderr == b""
    assert done.returncode == 1


@pytest.mark.parametrize("arguments", [["--help"], ["evaluate", "--help"]], ids=" ".join)
def test_help_imports_nothing_heavy(arguments):
    code = "from nerlink.cli import main; main()"
    command = [sys.executable, "-X", "importtime", "-c", code, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()}
    assert "Usage: nerlink" in done.stdout
    assert "typer" in imported
    assert not {"torch", "flair", "pandas", "numpy", "rdflib", "fastapi"} & imported


def test_what_the_system_refuses_is_told_in_a_line(run, gold, tmp_path):
    (tmp_path / "file").write_text("")
    result = run("demo", "--output", tmp_path / "file" / "demo")
    assert result.code == 1
    assert result.err.strip().splitlines()[-1].startswith("nerlink: ")
    assert "Not a directory" in result.err


@pytest.mark.parametrize("group", [(), ("kb",), ("corpus",)])
def test_help_of_groups_has_an_example(run, group):
    assert "Example: nerlink" in run(*group, "--help").out
