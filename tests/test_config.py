from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.config import Config, ModelConfig, dump_config, load_config
from nerlink.errors import ConfigError


@pytest.fixture
def config_file(tmp_path):
    def write(text: str) -> Path:
        path = tmp_path / "run.toml"
        path.write_text(text, encoding="utf8")
        return path

    return write


def test_empty_file_gives_the_defaults(config_file):
    assert load_config(config_file("")) == Config()


def test_values_of_the_file_replace_the_defaults(config_file):
    config = load_config(config_file('tasks = ["ner"]\n[training]\nepochs = 2\n'))
    assert config.tasks == ("ner",)
    assert config.training.epochs == 2
    assert config.training.patience == Config().training.patience


def test_paths_are_relative_to_the_folder_of_the_file(config_file, tmp_path):
    config = load_config(config_file('[[data]]\ntrain = "train.jsonl"\ndev = "/data/dev.jsonl"\n'))
    assert config.data[0].train == tmp_path / "train.jsonl"
    assert config.data[0].dev == Path("/data/dev.jsonl")


def test_names_that_open_like_a_path_are_relative_to_it_too(config_file, tmp_path):
    config = load_config(config_file('[encoder]\nmodel = "./encoder"\n[[data]]\ncorpus = "news"\n'))
    assert Path(config.encoder.model) == tmp_path / "encoder"
    assert config.data[0].corpus == "news"


@pytest.mark.parametrize(
    ("key", "text", "read"),
    [
        pytest.param("model.from", "m0", lambda c: c.model.from_ == "m0", id="word of Python's"),
        pytest.param("seed", "7", lambda c: c.seed == 7, id="number"),
        pytest.param("training.device", "cpu", lambda c: c.training.device == "cpu", id="bare"),
        pytest.param("training.device", '"cpu"', lambda c: c.training.device == "cpu", id="quoted"),
        pytest.param("tasks", '["nel"]', lambda c: c.tasks == ("nel",), id="array"),
        pytest.param("encoder.freeze", "true", lambda c: c.encoder.freeze, id="truth"),
        pytest.param("data.0.weight", "2.5", lambda c: c.data[0].weight == 2.5, id="in an array"),
        pytest.param("data.1.train", "b", lambda c: c.data[1].train == Path("b"), id="new entry"),
        pytest.param(
            "training.device", "a\nb = 1", lambda c: "\n" in c.training.device, id="lines"
        ),
    ],
)
def test_override_replaces_one_value(config_file, key, text, read):
    path = config_file('[[data]]\ntrain = "a"\n[training]\nepochs = 2\n')
    config = load_config(path, {key: text})
    assert read(config)
    assert config.training.epochs == 2


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param(
            "[training]\nepoch = 3",
            r"run\.toml: training\.epoch is not a known key, did you mean training\.epochs\?",
            id="misspelt",
        ),
        pytest.param(
            "epochs = 3",
            r"epochs is not a known key, did you mean training\.epochs\?",
            id="in the wrong table",
        ),
        pytest.param(
            "[[data]]\ntrian = 'a'",
            r"data\.0\.trian is not a known key, did you mean data\.train\?",
            id="in an array",
        ),
        pytest.param("7 = 3", r"run\.toml: 7 is not a known key, known are ", id="a number"),
        pytest.param(
            "[kb]\nxyz = 3",
            r"kb\.xyz is not a known key, known are kb\.path, kb\.tables",
            id="near to nothing",
        ),
        pytest.param(
            "[training]\nepochs = 0",
            r"run\.toml: training\.epochs = 0 should be greater than 0",
            id="out of range",
        ),
        pytest.param(
            "[tagger]\nscheme = 'iob'",
            r"tagger\.scheme = 'iob' should be 'bio' or 'bioes'",
            id="not a choice",
        ),
        pytest.param(
            "training = 3",
            r"training = 3 should be a table, .* under a line \[training\]\.$",
            id="no table",
        ),
        pytest.param(
            "data = 'a.jsonl'",
            r"data = 'a.jsonl' should be a list of tables, each under a line \[\[data\]\]\.$",
            id="no list of tables",
        ),
        pytest.param(
            "data = ['a.jsonl']",
            r"data\.0 = 'a.jsonl' should be a table, .* under a line \[\[data\]\]\.$",
            id="no tables in the list",
        ),
        pytest.param(
            "tasks = 'ner'",
            r"tasks = 'ner' should be a list, such as tasks = \[\"ner\"\]\.$",
            id="no list",
        ),
        pytest.param(
            "[kb]\ncandidates = ['fuzy']",
            r"kb\.candidates\.0 = 'fuzy' should be 'exact', .* or 'fuzzy'\.$",
            id="not a choice in a list",
        ),
        pytest.param("[kb]\ncandidates = []", r"= \[\] should not be empty\.$", id="empty list"),
        pytest.param(
            "[linker]\ntarget = 'F1'",
            r"linker\.target = 'F1' should be 'f1' or should be a number, such as 0\.5\.$",
            id="none of two kinds",
        ),
        pytest.param(
            "[encoder]\nfreeze = 'maybe'", r"= 'maybe' should be true or false\.$", id="no truth"
        ),
        pytest.param(
            "[training]\nepochs = 0\npatience = -1",
            r"training\.epochs = 0 .*; training\.patience = -1 ",
            id="two at once",
        ),
        pytest.param(
            "seed = 1\nepochs =\n[kb]", r"run\.toml: not valid TOML: .*line 2", id="no TOML"
        ),
    ],
)
def test_mistake_is_named_with_file_key_and_value(config_file, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(config_file(text))


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"training": {"epoch": 3}}, r"^Config: training\.epoch is .* mean training\.epochs\?"),
        ({"epochs": 3}, r"^Config: epochs is not a known key, did you mean training\.epochs\?"),
        ({"training": {"epochs": 0}}, r"training\.epochs = 0 should be greater than 0\.$"),
        (
            {"encoder": {"store": "memory"}},
            r"encoder\.store = 'memory' would keep .*encoder\.freeze",
        ),
    ],
)
def test_mistake_in_python_is_named_as_in_a_file(values, message):
    with pytest.raises(ConfigError, match=message):
        Config(**values)


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        pytest.param("training.epochs", "many", r"training\.epochs = 'many'", id="value"),
        pytest.param("training.epoch", "3", r"did you mean training\.epochs\?", id="key"),
        pytest.param("seed.x", "3", r"'x' lies inside a plain value \(1\)", id="inside a value"),
        pytest.param("data.4.train", "a", r"'4' should be a number from 0 to 1", id="gap"),
        pytest.param("data.first.train", "a", r"'first' should be a number", id="no number"),
    ],
)
def test_mistake_in_an_override_is_named(config_file, key, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(config_file("seed = 1\n[[data]]\n"), {key: text})


def test_missing_file_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match=r"none\.toml: cannot be read \(No such file"):
        load_config(tmp_path / "none.toml")


def test_file_that_is_not_utf8_is_an_error(tmp_path):
    (tmp_path / "run.toml").write_bytes(b'title = "\xe9"')
    with pytest.raises(ConfigError, match="byte 9 is not UTF-8"):
        load_config(tmp_path / "run.toml")


@given(
    seed=st.integers(0, 10),
    rate=st.floats(1e-8, 1.0),
    train=st.text(st.characters(codec="utf8", exclude_categories=["Cc", "Cs"]), min_size=1),
)
def test_dumped_config_loads_as_it_was(tmp_path_factory, seed, rate, train):
    path = tmp_path_factory.mktemp("dump") / "run.toml"
    config = Config.model_validate(
        {
            "seed": seed,
            "model": {"from": f"/{train}"},
            "training": {"learning_rate": rate},
            "data": [{"train": f"/{train}"}],
        }
    )
    path.write_text(dump_config(config), encoding="utf8")
    assert load_config(path) == config


def test_option_of_the_past_is_passed_over_where_it_changes_nothing(config_file):
    text = "[linker]\nlearned_texts = 0\ntop_k = 2\n[kb]\nfill_to = 10\n"
    assert load_config(config_file(text)).linker.top_k == 2


def test_option_of_the_past_that_changed_something_is_refused(config_file):
    with pytest.raises(ConfigError, match=r"linker\.learned_texts = 64, but .* as with 0\."):
        load_config(config_file("[linker]\nlearned_texts = 64\n"))


def test_option_of_the_past_is_refused_in_python_as_in_a_file():
    with pytest.raises(ConfigError, match=r"^Config: kb\.fill_to = 5, but .* Take the line out\."):
        Config(kb={"fill_to": 5})


def test_saved_model_is_loaded_whatever_training_was_once_told(config_file):
    path = config_file("[linker]\nlearned_texts = 64\n[kb]\ncount_training = false\n")
    assert load_config(path, is_saved=True) == Config()
    path = config_file("[kb]\nfill_to = 5\n")
    with pytest.raises(ConfigError, match=r"fill_to = 5, .* Train the model again\."):
        load_config(path, is_saved=True)


def test_generator_of_the_past_is_refused_with_what_to_do(config_file):
    with pytest.raises(ConfigError, match=r"kb\.fill = .*'nearest', which nerlink no longer has.*"):
        load_config(config_file('[kb]\nfill = ["partial", "nearest"]\n'))


@pytest.mark.parametrize("start", ["m0", "owner/name@main", Path("m0")], ids=str)
def test_a_model_to_start_from_is_named_as_in_a_file_and_as_in_python(start):
    configs = Config(model={"from": start}), Config(model=ModelConfig(from_=start))
    assert [config.model.from_ for config in configs] == [str(start)] * 2


def test_a_folder_to_start_from_is_beside_the_file(config_file, tmp_path):
    config = load_config(config_file('[model]\nfrom = "./m0"\n'))
    assert Path(config.model.from_ or "") == tmp_path / "m0"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("form = 'm0'", r"model\.form is not a known key, did you mean model\.from\?"),
        ("from = 3", r"model\.from = 3 should be text in quotes"),
    ],
)
def test_a_model_to_start_from_that_is_named_wrongly_is_refused(config_file, text, message):
    with pytest.raises(ConfigError, match=message):
        load_config(config_file(f"[model]\n{text}\n"))
