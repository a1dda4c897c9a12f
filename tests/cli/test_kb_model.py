import pytest

from nerlink.models.storage.model import read_info
from nerlink.pipeline import Pipeline


@pytest.fixture
def base(run, tmp_path):
    table = tmp_path / "firms.csv"
    table.write_text(
        "id,name,description,type\nQ1,Acme,makes anvils,company\nQ2,Ulm,on the Danube,city\n"
    )
    assert run("kb", "build", table, "--output", tmp_path / "firms.sqlite").code == 0
    return tmp_path / "firms.sqlite"


def test_a_base_becomes_a_model_that_tags(run, base, encoder_dir, tmp_path):
    model = tmp_path / "model"
    labels = 'labels={company="ORG"}'
    made = run(
        *("kb", "model", base, "--output", model, "--encoder", encoder_dir),
        *("--dictionary", labels, "--dictionary", 'stop=["ulm"]'),
    )
    assert made.code == 0
    assert f"{model}: a model of 2 entities, untrained" in made.err
    assert read_info(model).dictionary
    assert Pipeline.load(model).model.linker.config.threshold == 0
    tagged = run("tag", model, stdin="Acme is not in Ulm.\n")
    (mention,) = tagged.records[0]["mentions"]
    assert (mention["start"], mention["end"], mention["label"]) == (0, 4, "ORG")
    assert run("info", model).records[0]["dictionary"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--dictionary", "min_lenght=3"], "did you mean dictionary.min_length?"),
        (["--dictionary", "min_length=40"], "no name or alias to look for"),
        (["--dictionary", "case=loud"], "dictionary.case = 'loud'"),
        (["--encoder", "no/such"], "encoder 'no/such' was not found"),
    ],
    ids=lambda value: value[-1] if isinstance(value, list) else "",
)
def test_what_cannot_be_used_is_refused_and_leaves_no_model(
    run, base, tmp_path, arguments, message
):
    result = run("kb", "model", base, "--output", tmp_path / "model", *arguments)
    assert (result.code, message in result.err) == (1, True)
    assert not (tmp_path / "model").exists()


def test_a_folder_with_files_of_another_kind_is_not_written_to(run, base, tmp_path):
    (tmp_path / "config.toml").write_text("mine")
    result = run("kb", "model", base, "--output", tmp_path)
    assert (result.code, "holds config.toml, but no model" in result.err) == (1, True)


def test_a_table_is_no_base(run, base, tmp_path):
    result = run("kb", "model", tmp_path / "firms.csv", "--output", tmp_path / "model")
    assert (result.code, "nerlink kb build TABLE" in result.err) == (1, True)


def test_a_model_is_not_replaced_by_one_of_its_own_base(run, base, encoder_dir, tmp_path):
    model = tmp_path / "model"
    made = "kb", "model", base, "--output", model, "--encoder", encoder_dir
    assert run(*made).code == 0
    refused = run("kb", "model", model, "--output", model)
    assert (refused.code, "would be replaced by one without training" in refused.err) == (1, True)
    assert Pipeline.load(model).info()["n_entities"] == 2
