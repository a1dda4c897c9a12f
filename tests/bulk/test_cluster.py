"""The Ray engine, where Ray is installed."""

import time
from pathlib import Path

import pyarrow
import pytest

from nerlink import write
from nerlink.bulk import BulkOptions, Tagger, outputs_of, tag_files
from nerlink.bulk.cluster import _knock, _Tasks
from nerlink.bulk.models import ModelKey
from nerlink.bulk.tagging import Work
from nerlink.errors import ConfigError, NerlinkError
from tests.world import DOCUMENTS

pytest.importorskip("ray")
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def ray():
    """Ray on this machine alone."""
    import ray

    own = {"address": "local", "num_cpus": 2, "_node_ip_address": "127.0.0.1"}
    ray.init(**own, include_dashboard=False, log_to_driver=False)
    yield ray
    ray.shutdown()


def test_ray_writes_the_same_bytes_as_this_process(ray, joint_folder, tmp_path):
    (tmp_path / "in").mkdir()
    for number in range(3):
        write(DOCUMENTS[number:], tmp_path / "in" / f"{number}.jsonl")
    for name, options in {"ray": {"engine": "ray", "workers": 1}, "here": {"workers": 0}}.items():
        summary = tag_files(joint_folder, tmp_path / "in", tmp_path / name, device="cpu", **options)
        assert (summary.done, summary.documents) == (3, 27)
    for one, other in zip(outputs_of(tmp_path / "ray"), outputs_of(tmp_path / "here"), strict=True):
        assert Path(one).read_bytes() == Path(other).read_bytes()


def test_tasks_larger_than_the_machine_are_refused_where_none_can_come(ray):
    options = BulkOptions(engine="ray", num_cpus=99)
    work = Work(model="", key=ModelKey("", None), output="", job="", options=options)
    with pytest.raises(ConfigError, match="asks for 99 cores and 0 GPUs, and the cluster has 2"):
        _Tasks(ray, work, may_grow=False)


def test_an_address_where_nobody_is_is_told_at_once():
    with pytest.raises(ConnectionError, match="refused"):
        _knock("127.0.0.1:1")


def test_a_job_that_is_stopped_leaves_no_task_behind(ray, joint_folder, tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "bad.jsonl").write_text("no json\n", encoding="utf8")
    endless = '{"text": "Ada ran"}\n' * 1_000_000
    (tmp_path / "in" / "endless.jsonl").write_text(endless, encoding="utf8")
    options = {"engine": "ray", "workers": 2, "device": "cpu", "max_errors": 0}
    with pytest.raises(NerlinkError, match="more than 0 documents failed"):
        tag_files(joint_folder, tmp_path / "in", tmp_path / "out", **options)
    time.sleep(2)  # what is available is told with a delay
    deadline = time.monotonic() + 60
    while (left := ray.available_resources().get("CPU", 0)) < 2 and time.monotonic() < deadline:
        time.sleep(0.2)
    assert left == 2
    assert list(outputs_of(tmp_path / "out")) == []


def test_a_tagger_maps_the_batches_of_ray_data(ray, joint_folder):
    table = pyarrow.table(
        {"id": [doc.id for doc in DOCUMENTS], "text": [d.text for d in DOCUMENTS]}
    )
    dataset = ray.data.from_arrow(table).map_batches(
        Tagger,
        fn_constructor_args=(str(joint_folder),),
        fn_constructor_kwargs={"device": "cpu"},
        batch_size=4,
        batch_format="pyarrow",
        compute=ray.data.ActorPoolStrategy(size=1),
    )
    found = {row["id"]: len(row["mentions"]) for row in dataset.take_all()}
    assert found == {doc.id: len(doc.mentions) for doc in DOCUMENTS}
