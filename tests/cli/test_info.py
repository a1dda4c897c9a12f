import pytest

from nerlink.models.storage import hub


def test_a_model_says_what_it_is(run, joint_folder):
    (record,) = run("info", joint_folder).records
    assert (record["tasks"], record["n_entities"]) == (["ner", "nel"], 7)


@pytest.mark.parametrize("command", ["info", "explain", "tag"])
def test_a_model_may_be_a_name_on_the_hub(run, command, joint_folder, monkeypatch):
    asked = []

    def download(name, *, revision, allow_patterns):
        asked.append((name, revision))
        return str(joint_folder)

    monkeypatch.setattr(hub, "snapshot_download", download)
    text = ["Ada Byron wrote to Acme for gears."] if command == "explain" else []
    result = run(command, "me/tiny@v2", *text, stdin="Ada Byron wrote to Acme for gears.")
    assert (result.code, asked) == (0, [("me/tiny", "v2")])


def test_what_is_no_model_is_told_in_a_line(run, tmp_path):
    result = run("info", tmp_path / "none")
    assert (result.code, result.out, result.err.count("\n")) == (1, "", 1)
    assert "no such folder, and not the name of a repository" in result.err
