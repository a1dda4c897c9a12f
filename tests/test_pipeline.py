import copy
import os
import pickle
import shutil
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import count, islice
from pathlib import Path
from threading import Barrier, Event

import pandas as pd
import pytest
import torch
from torch import multiprocessing

from nerlink.converters import tokenize
from nerlink.data import NIL, Document, Entity, Mention, NilKind
from nerlink.errors import (
    ConfigError,
    DataError,
    EncoderError,
    KnowledgeBaseError,
    StorageError,
)
from nerlink.evaluation import find_mistakes
from nerlink.kb import KnowledgeBase
from nerlink.models import annotate as grouping
from nerlink.models.annotate import annotate_group
from nerlink.models.encoder.fast.precision import can_int8
from nerlink.pipeline import Pipeline
from nerlink.sources import read, write
from tests.kb.store.killed import kill_a_writer
from tests.world import DOCUMENTS, ENTITIES

TEXT = "Cows walk to Paris in Texas at dawn."
ANSWER = [("Paris", "LOC", "paris-texas"), ("Texas", "LOC", "texas")]


@pytest.fixture(scope="module")
def pipeline(joint_folder) -> Pipeline:
    return Pipeline.load(joint_folder)


@pytest.fixture
def folder(joint_folder, tmp_path) -> Path:
    """A model whose knowledge base may change."""
    return Path(shutil.copytree(joint_folder, tmp_path / "model"))


def found(doc: Document) -> list[tuple]:
    return [(doc.surface(m), m.label, m.entity) for m in doc.mentions]


def test_a_text_becomes_a_document(pipeline):
    doc = pipeline(TEXT)
    assert (doc.text, found(doc)) == (TEXT, ANSWER)


def test_a_document_keeps_what_is_not_a_mention(pipeline):
    old = Mention(start=0, end=4, label="LOC")
    doc = pipeline(Document(text=TEXT, id="d", mentions=(old,), meta={"page": 3}))
    assert (doc.id, doc.meta, found(doc)) == ("d", {"page": 3}, ANSWER)


def test_a_list_of_texts_and_documents_becomes_a_list_of_documents(pipeline):
    documents = pipeline([TEXT, Document(text=TEXT, id="d")])
    assert [doc.id for doc in documents] == [None, "d"]
    assert [found(doc) for doc in documents] == [ANSWER] * 2
    assert pipeline([]) == pipeline(iter(())) == []


def test_mentions_say_how_sure_they_are(pipeline):
    paris, _ = pipeline(TEXT).mentions
    assert 0.5 < paris.score <= 1
    assert 0.5 < paris.link_score <= 1
    assert [c.entity for c in paris.candidates] == ["paris-texas", "paris"]
    assert paris.candidates[0].score == paris.link_score
    assert 0 < paris.candidates[0].prior < 1


def test_a_stream_reads_no_more_than_a_group_ahead(pipeline, monkeypatch):
    monkeypatch.setattr(grouping, "GROUP_TOKENS", 40)
    n_read = count()
    documents = pipeline.stream(TEXT for _ in n_read)
    first = list(islice(documents, 7))
    assert [found(doc) for doc in first] == [ANSWER] * 7
    assert next(n_read) <= 10


def test_a_stream_is_lazy(pipeline):
    def broken():
        yield TEXT
        raise RuntimeError("read too far")

    assert pipeline.stream(broken()) is not None


def test_given_mentions_can_be_linked_alone(pipeline):
    gold = Mention(start=13, end=18, label="ORG", score=0.5)
    (mention,) = pipeline.link_only(Document(text=TEXT, mentions=(gold,))).mentions
    assert (mention.start, mention.end, mention.label, mention.score) == (13, 18, "ORG", 0.5)
    assert mention.entity in ("paris", "paris-texas")
    assert mention.link_score is not None


def test_linking_gives_one_for_one_a_list_for_several_and_a_stream_when_asked(pipeline):
    linked = pipeline.link_only(DOCUMENTS)
    assert isinstance(linked, list)
    one_by_one = [found(pipeline.link_only(doc)) for doc in DOCUMENTS]
    assert [found(doc) for doc in linked] == one_by_one
    stream = pipeline.stream(iter(DOCUMENTS), link_only=True)
    assert [next(stream), *stream] == linked
    assert pipeline.link_only([]) == []


@pytest.mark.parametrize("documents", [TEXT, [TEXT]], ids=["one", "several"])
def test_a_text_has_no_mentions_to_link(pipeline, documents):
    with pytest.raises(DataError, match="document 1 is a str; pass Documents"):
        pipeline.link_only(documents)


def test_nested_mentions_are_linked_and_keep_their_order(pipeline):
    doc = Document(
        text="Mike Jordan won.",
        mentions=(Mention(start=0, end=11), Mention(start=5, end=11), Mention(start=12, end=15)),
    )
    linked = pipeline.link_only(doc)
    assert [(m.start, m.end) for m in linked.mentions] == [(0, 11), (5, 11), (12, 15)]
    assert linked.mentions[0].entity == "player"
    assert {c.entity for c in linked.mentions[1].candidates} == {"player", "jordan"}
    assert linked.mentions[2].nil is NilKind.NO_CANDIDATE


def test_a_mention_inside_a_word_is_linked(pipeline):
    doc = Document(text="Parisian days", mentions=(Mention(start=0, end=5),))
    linked = pipeline.link_only(doc)
    assert linked.surface(linked.mentions[0]) == "Paris"
    assert linked.mentions[0].candidates


def nil_first(score, *arguments):
    """Scores of a linker that is certain of `NIL`."""
    scores = score(*arguments)
    scores[:, 0] = 1e3
    return scores


def test_the_three_kinds_of_nil_are_told_apart(joint_folder, monkeypatch):
    pipeline = Pipeline.load(joint_folder, threshold=1.0)
    text = "Otto Nix came to Paris."
    doc = Document(text=text, mentions=(Mention(start=0, end=8), Mention(start=17, end=22)))
    nobody, unsure = pipeline.link_only(doc).mentions
    assert (nobody.entity, nobody.nil, nobody.candidates) == (NIL, NilKind.NO_CANDIDATE, ())
    assert (unsure.entity, unsure.nil) == (NIL, NilKind.BELOW_THRESHOLD)
    linker = pipeline.model.linker
    monkeypatch.setattr(linker, "score", partial(nil_first, linker.score))
    predicted = pipeline.link_only(doc).mentions[1]
    assert (predicted.entity, predicted.nil) == (NIL, NilKind.PREDICTED)
    assert predicted.candidates


@pytest.mark.parametrize(("top_k", "n_candidates"), [(0, 0), (1, 1), (9, 2)])
def test_no_more_than_top_k_candidates_come_back(joint_folder, top_k, n_candidates):
    pipeline = Pipeline.load(joint_folder, top_k=top_k)
    assert len(pipeline(TEXT).mentions[0].candidates) == n_candidates


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "toaster"}, "device 'toaster' cannot be used here"),
        ({"device": "cuda:99"}, "device 'cuda:99' cannot be used here"),
        ({"device": "cpu", "precision": "fp16"}, "precision 'fp16' needs a GPU"),
        ({"precision": "int4"}, "precision 'int4' is unknown"),
        ({"threshold": 1.5}, r"threshold = 1.5 should be less than or equal to 1"),
        ({"top_k": -1}, r"top_k = -1 should be greater than or equal to 0"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_had_is_refused(joint_folder, options, message):
    with pytest.raises(ConfigError, match=message):
        Pipeline.load(joint_folder, **options)


def test_device_and_precision_are_honoured_and_told(joint_folder):
    pipeline = Pipeline.load(joint_folder, device="cpu", precision="bf16")
    assert (pipeline.info()["device"], pipeline.info()["precision"]) == ("cpu", "bf16")
    assert "change a little with the documents in the same call" in pipeline.info()["batches"]
    assert found(pipeline(TEXT)) == ANSWER
    assert pipeline(TEXT).mentions != Pipeline.load(joint_folder)(TEXT).mentions


def test_reduced_precision_is_saved_and_loaded(joint_folder, tmp_path):
    pipeline = Pipeline.load(joint_folder, device="cpu", precision="bf16")
    size = pipeline.save(tmp_path / "half").joinpath("encoder/model.safetensors").stat().st_size
    assert size < 0.6 * (joint_folder / "encoder/model.safetensors").stat().st_size
    again = Pipeline.load(tmp_path / "half")
    assert again.info()["precision"] == "bf16"
    assert again(TEXT) == pipeline(TEXT)


@pytest.mark.skipif(not can_int8(), reason="the processor does not multiply in int8")
def test_int8_is_saved_and_loaded_and_can_be_left(joint_folder, tmp_path):
    pipeline = Pipeline.load(joint_folder, device="cpu", precision="int8")
    assert found(pipeline(TEXT)) == ANSWER
    again = Pipeline.load(pipeline.save(tmp_path / "int8"))
    assert again.info()["precision"] == "int8"
    assert again(TEXT) == pipeline(TEXT)
    whole = Pipeline.load(joint_folder)(TEXT)
    assert whole != pipeline(TEXT)
    assert found(Pipeline.load(tmp_path / "int8", precision="fp32")(TEXT)) == ANSWER


def test_a_model_says_what_it_is(pipeline):
    info = pipeline.info()
    assert (info["tasks"], info["n_entities"]) == (("ner", "nel"), 7)
    assert info["trained_on"]["documents"] == 10


def test_a_new_entity_is_linked_at_once(folder):
    pipeline = Pipeline.load(folder, threshold=0.0)
    assert pipeline("[Otto Nix] met Ada Byron.").mentions[0].entity == NIL
    with KnowledgeBase.open(pipeline.kb.path, read_only=False) as kb:
        kb.add(Entity(id="otto", name="Otto Nix", description="a man under an anvil"))
    doc = Document(text="Otto Nix came.", mentions=(Mention(start=0, end=8),))
    linked = pipeline.link_only(doc)
    assert linked.mentions[0].entity == "otto"
    fresh = Pipeline.load(folder, threshold=0.0).link_only(doc)
    assert fresh.mentions == linked.mentions


def test_new_entities_are_read_when_asked_to_and_told_of(folder):
    pipeline, told = Pipeline.load(folder), []
    with KnowledgeBase.open(pipeline.kb.path, read_only=False) as kb:
        kb.add(Entity(id="otto", name="Otto Nix"), Entity(id="anna", name="Anna Nix"))
    for _ in range(2):
        pipeline.refresh(on_progress=lambda *counts: told.append(counts))
    assert told == [(2, 2)]


def test_a_removed_entity_is_linked_no_more(folder):
    pipeline = Pipeline.load(folder)
    assert found(pipeline(TEXT)) == ANSWER
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.remove("paris-texas")
    assert found(pipeline(TEXT))[0] == ("Paris", "LOC", "paris")


def test_a_stream_takes_notice_of_changes_between_groups(folder, monkeypatch):
    monkeypatch.setattr(grouping, "GROUP_TOKENS", 1)
    pipeline = Pipeline.load(folder)
    documents = pipeline.stream([TEXT, TEXT])
    assert found(next(documents)) == ANSWER
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.remove("paris-texas")
    assert found(next(documents))[0] == ("Paris", "LOC", "paris")


@pytest.mark.parametrize(("n_documents", "times"), [(2, 0), (3, 1)])
def test_many_short_documents_keep_out_of_the_heap(folder, monkeypatch, n_documents, times):
    told = []
    monkeypatch.setattr("nerlink.pipeline.MANY_SHORT", 3)
    monkeypatch.setattr("nerlink.pipeline.keep_out_of_heap", lambda: told.append(1))
    list(Pipeline.load(folder).stream([TEXT] * n_documents))
    assert len(told) == times


def test_a_saved_pipeline_answers_the_same(pipeline, tmp_path):
    again = Pipeline.load(pipeline.save(tmp_path / "again"))
    texts = [doc.text for doc in DOCUMENTS]
    assert again(texts) == pipeline(texts)
    assert again.info() == pipeline.info()


def test_threads_get_what_one_gets(pipeline):
    texts = [doc.text for doc in DOCUMENTS]
    alone = [pipeline(text) for text in texts]
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(pipeline, texts * 3)) == alone * 3


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u200b", "..."], ids=repr)
def test_a_text_without_names_has_no_mentions(pipeline, text):
    assert pipeline(text) == Document(text=text, mentions=pipeline(text).mentions)
    assert not pipeline(text).mentions or text in ("\u200b", "...")


@pytest.mark.parametrize(
    "text",
    [
        "😀 Paris 👨‍👩‍👧 Texas 🇫🇷",
        "Pa\u0301ris e\u0301t Te\u0301xas",
        "باريس Paris في Texas",
        "東京Paris大阪",
        "Paris\r\n\r\n\tTexas\u00a0Acme",
    ],
)
def test_offsets_are_characters_of_the_text(pipeline, text):
    doc = pipeline(text)
    assert doc.text == text
    for mention in doc.mentions:
        assert 0 <= mention.start < mention.end <= len(text)
        assert doc.surface(mention) == doc.surface(mention).strip()
        tokens = tokenize(Document(text=text))
        assert mention.start in tokens.starts
        assert mention.end in tokens.ends


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a\0b", r"document 2: text: character 1 is NUL"),
        ("a\ud800b", r"document 2: text: character 1 is half of a surrogate pair"),
        (7, "document 2 is a int; pass texts or Documents"),
    ],
    ids=["NUL", "surrogate", "number"],
)
def test_what_is_no_text_is_refused(pipeline, text, message):
    with pytest.raises(DataError, match=message):
        pipeline([TEXT, text])


def test_a_table_is_refused_and_not_taken_for_its_column_names(pipeline):
    frame = pd.DataFrame({"id": ["a"], "text": [TEXT]})
    with pytest.raises(DataError, match=r"documents is a DataFrame, .*from_frame"):
        pipeline(frame)
    assert pipeline(frame.text) == [pipeline(TEXT)]


def test_given_mentions_outside_the_text_are_refused(pipeline):
    doc = Document(text="Ada", id="x", mentions=(Mention(start=1, end=9),))
    with pytest.raises(DataError, match=r"document 'x': mention 0: .* outside the text"):
        pipeline.link_only(doc)


def test_a_document_of_20_000_tokens_is_tagged_whole(pipeline):
    text = " ".join([TEXT] * 2300)
    doc = pipeline(text)
    surfaces = [doc.surface(mention) for mention in doc.mentions]
    assert surfaces.count("Paris") > 2000
    assert doc.mentions[-1].end > len(text) - 20


def test_a_model_that_finds_only_leaves_links_open(trained):
    pipeline = Pipeline.load(trained("ner"))
    mentions = pipeline(TEXT).mentions
    assert [(m.label, m.entity, m.candidates) for m in mentions] == [("LOC", None, ())] * 2
    assert pipeline.kb is None
    with pytest.raises(DataError, match="finds mentions only: it was trained without 'nel'"):
        pipeline.link_only([])


def test_a_model_that_links_only_asks_for_mentions(trained):
    pipeline = Pipeline.load(trained("nel"))
    linked = pipeline.link_only(DOCUMENTS)
    assert [found(doc) for doc in linked] == [found(doc) for doc in DOCUMENTS]
    with pytest.raises(DataError, match=r"links given mentions only\. Use pipeline.link_only"):
        pipeline(TEXT)


def test_a_folder_without_a_model_is_refused(tmp_path):
    with pytest.raises(StorageError, match=r"no nerlink.json"):
        Pipeline.load(tmp_path)


def test_a_link_is_explained(pipeline):
    doc = pipeline(TEXT)
    mention = doc.mentions[0]
    explanation = pipeline.explain(doc, mention)
    assert explanation.surface == doc.surface(mention)
    best = explanation.options[0]
    assert best.entity == mention.entity
    assert best.probability == pytest.approx(mention.link_score, abs=1e-4)


def test_only_mentions_of_the_document_are_explained(pipeline):
    with pytest.raises(DataError, match=r"the document has no mention .* Pass one of doc.mentions"):
        pipeline.explain(Document(text=TEXT), Mention(start=0, end=2))


def test_mistakes_are_explained_by_the_parts_of_their_candidates_scores(pipeline):
    gold = Document(text=TEXT, mentions=(Mention(start=0, end=4), Mention(start=13, end=18)))
    doc = pipeline.link_only(gold)
    as_if = replace(doc, mentions=[replace(m, entity="ada") for m in doc.mentions])
    mistakes = find_mistakes([as_if], [doc])
    assert [mistake.predicted.nil for mistake in mistakes] == [NilKind.NO_CANDIDATE, None]
    nothing, parts = pipeline.explain_mistakes(mistakes)
    assert nothing == {}
    options = pipeline.explain(doc, doc.mentions[1]).options
    assert parts == {option.entity: option.parts for option in options}


def test_a_mention_of_white_space_is_neither_linked_nor_explained(pipeline):
    blank = Mention(start=5, end=7, entity="ada")
    doc = Document(text="Paris  and", mentions=(blank,))
    linked = pipeline.link_only(doc)
    assert [m.entity for m in linked.mentions] == [None]
    with pytest.raises(DataError, match="the mention at 5-7 covers no token"):
        pipeline.explain(doc, blank)


def test_a_renamed_entity_is_linked_by_both_names(folder):
    pipeline = Pipeline.load(folder, threshold=0.0)
    mentions = (Mention(start=0, end=7), Mention(start=12, end=16))
    doc = Document(text="Grimble and Acme", mentions=mentions)
    assert [m.entity for m in pipeline.link_only(doc).mentions] == [NIL, "acme"]
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.rename("acme", "Grimble")
    for one in (pipeline, Pipeline.load(folder, threshold=0.0)):
        assert [m.entity for m in one.link_only(doc).mentions] == ["acme", "acme"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("東京", "昨日東京へ行った。"),
        ("القاهرة", "في القاهرة اليوم"),
        ("Москва", "Был в МОСКВА вчера."),  # noqa: RUF001
    ],
)
def test_names_in_any_script_are_linked(folder, name, text):
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.add(Entity(id="town", name=name))
    start = text.casefold().index(name.casefold())
    doc = Document(text=text, mentions=(Mention(start=start, end=start + len(name)),))
    linked = Pipeline.load(folder, threshold=0.0).link_only(doc)
    assert linked.mentions[0].entity == "town"


def test_one_request_at_a_time_is_in_the_model(pipeline, monkeypatch):
    inside, most = [], []

    def slow(*arguments, **options):
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.01)
        done = list(annotate_group(*arguments, **options))
        inside.pop()
        return done

    monkeypatch.setattr("nerlink.pipeline.annotate_group", slow)
    with ThreadPoolExecutor(4) as threads:
        assert [found(doc) for doc in threads.map(pipeline, [TEXT] * 8)] == [ANSWER] * 8
    assert max(most) == 1


def test_more_clients_hold_no_more_buffers(pipeline):
    together = Barrier(4)

    def ask(_):
        together.wait()
        assert found(pipeline(TEXT)) == ANSWER
        return dict(pipeline.model.encoder.scratch._buffers)

    with ThreadPoolExecutor(4) as threads:
        first, *others = threads.map(ask, range(4))
    assert all(each.keys() == first.keys() != set() for each in others)


def test_a_stream_that_waits_for_its_reader_keeps_nobody_waiting(pipeline, monkeypatch):
    monkeypatch.setattr(grouping, "GROUP_TOKENS", 1)
    documents = pipeline.stream([TEXT, TEXT])
    next(documents)
    with ThreadPoolExecutor(1) as threads:
        assert found(threads.submit(pipeline, TEXT).result(timeout=60)) == ANSWER
    assert found(next(documents)) == ANSWER


def tag_in_process(rank, folder, output):
    share = [Document(text=doc.text, id=doc.id) for doc in DOCUMENTS[rank::2]]
    write(Pipeline.load(folder, device="cpu")(share), output / f"{rank}.jsonl")


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
def test_two_processes_tag_what_one_tags(pipeline, joint_folder, tmp_path):
    multiprocessing.start_processes(
        tag_in_process, (joint_folder, tmp_path), nprocs=2, start_method="fork"
    )
    parts = [list(read(tmp_path / f"{rank}.jsonl")) for rank in range(2)]
    alone = pipeline([doc.text for doc in DOCUMENTS])
    together = [parts[n % 2][n // 2] for n in range(len(DOCUMENTS))]
    assert list(map(found, together)) == list(map(found, alone))


def exit_code_of(child: int, seconds: float) -> int | None:
    """How a forked process ended, or `None` if it had to be killed after so many seconds."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")
@pytest.mark.parametrize("n_threads", [1, 2])
def test_a_fork_tags_though_another_thread_was_tagging(pipeline, n_threads):
    threads_before = torch.get_num_threads()
    torch.set_num_threads(n_threads)
    ends = Event()

    def tag_on():
        while not ends.is_set():
            pipeline([TEXT] * 20)

    with ThreadPoolExecutor(1) as threads:
        threads.submit(tag_on)
        codes = []
        for _ in range(3):
            time.sleep(0.02)
            if not (child := os.fork()):
                code = 1
                try:
                    code = int(found(pipeline(TEXT)) != ANSWER)
                finally:
                    os._exit(code)
            codes.append(exit_code_of(child, 60))
        ends.set()
    torch.set_num_threads(threads_before)
    assert codes == [0, 0, 0]


def unpickled(pickled: bytes) -> Pipeline:
    return pickle.loads(pickled)  # noqa: S301


@pytest.mark.parametrize(
    "again", [lambda one: unpickled(pickle.dumps(one)), copy.deepcopy, copy.copy]
)
def test_a_pickle_or_a_copy_answers_the_same_with_the_same_settings(folder, again):
    pipeline = Pipeline.load(folder, threshold=0.99, top_k=1, precision="bf16")
    twin = again(pipeline)
    assert twin.model is not pipeline.model
    assert (twin.precision, twin.device) == ("bf16", pipeline.device)
    assert twin.model.linker.config == pipeline.model.linker.config
    assert twin([TEXT, "Otto walks to Jordan."]) == pipeline([TEXT, "Otto walks to Jordan."])


def test_a_pickle_knows_the_entities_that_were_added_meanwhile(folder):
    pickled = pickle.dumps(Pipeline.load(folder))
    with KnowledgeBase.open(folder / "kb.sqlite", read_only=False) as kb:
        kb.add(Entity(id="zed", name="Zed"))
    assert "zed" in unpickled(pickled).kb


def test_a_pickle_is_found_from_another_working_folder(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder.parent)
    pickled = pickle.dumps(Pipeline.load(folder.name))
    monkeypatch.chdir("/")
    assert found(unpickled(pickled)(TEXT)) == ANSWER


def test_a_pipeline_of_a_model_in_memory_is_not_pickled(pipeline):
    info = {"trained_on": {}, "scores": {}}
    alone = Pipeline(pipeline.model, info=info, device="cpu", precision="fp32")
    with pytest.raises(StorageError, match=r"cannot be pickled .* pipeline.save\(folder\)"):
        pickle.dumps(alone)


def test_a_pickle_refuses_a_folder_that_holds_another_model_by_now(folder, trained):
    pickled = pickle.dumps(Pipeline.load(folder))
    shutil.rmtree(folder)
    with pytest.raises(StorageError, match="no such folder"):
        unpickled(pickled)
    shutil.copytree(trained("ner"), folder)
    with pytest.raises(StorageError, match="holds another model than the one"):
        unpickled(pickled)


def test_mistakes_of_a_document_are_explained_from_one_reading(pipeline, monkeypatch):
    gold = Document(text=TEXT, mentions=(Mention(start=13, end=18),))
    doc = pipeline.link_only(gold)
    as_if = replace(doc, mentions=[replace(m, entity="ada") for m in doc.mentions])
    mistakes = find_mistakes([as_if], [doc]) * 2
    read, n_read = pipeline.model.read, []
    monkeypatch.setattr(pipeline.model, "read", lambda p: n_read.append(1) or read(p))
    parts = list(pipeline.explain_mistakes(mistakes))
    assert (len(n_read), len(mistakes)) == (1, 2)
    assert parts[0] == parts[1] != {}


def test_a_model_loads_where_a_change_of_its_base_was_cut_off(pipeline, folder):
    kill_a_writer(folder / "kb.sqlite")
    text = "Cows walk to Paris."
    assert Pipeline.load(folder)(text) == pipeline(text)
    assert not (folder / "kb.sqlite-journal").exists()


def test_a_stream_may_have_a_threshold_and_a_number_of_candidates_of_its_own(joint_folder):
    pipeline = Pipeline.load(joint_folder, device="cpu")
    for options in ({"threshold": 1.0}, {"top_k": 1}, {"threshold": 0.0, "top_k": 0}):
        expected = Pipeline.load(joint_folder, device="cpu", **options)(DOCUMENTS)
        assert list(pipeline.stream(DOCUMENTS, **options)) == expected
        assert list(pipeline.stream(DOCUMENTS)) == pipeline(DOCUMENTS)
    with pytest.raises(ConfigError, match=r"Pipeline.stream: linker.threshold|threshold = 2"):
        list(pipeline.stream(DOCUMENTS, threshold=2.0))


@pytest.fixture
def base(tmp_path) -> Path:
    """A knowledge base that may change."""
    KnowledgeBase.create(tmp_path / "base.sqlite", ENTITIES).close()
    return tmp_path / "base.sqlite"


@pytest.fixture
def untrained(base, encoder_dir):
    """Makes pipelines without training."""
    return partial(Pipeline.from_kb, base, encoder=encoder_dir, device="cpu")


def names(doc: Document) -> list[str]:
    return [doc.surface(m) for m in doc.mentions]


def test_a_base_alone_makes_a_pipeline(untrained):
    doc = untrained()("Ada Byron met Otto in Texas, not in Jordan.")
    assert found(doc)[:2] == [("Ada Byron", "PER", "ada"), ("Texas", "LOC", "texas")]
    (jordan,) = [m for m in doc.mentions if doc.surface(m) == "Jordan"]
    assert {c.entity for c in jordan.candidates} == {"jordan", "player"}
    assert jordan.label == {"jordan": "LOC", "player": "PER"}[jordan.entity]
    assert sum(c.score for c in jordan.candidates) <= 1
    assert not doc.complete  # a name that the base lacks may be a mention as well


def test_a_pipeline_without_training_does_what_others_do(untrained):
    pipeline = untrained()
    documents = [pipeline(doc) for doc in DOCUMENTS]
    assert list(map(found, pipeline.stream(DOCUMENTS))) == list(map(found, documents))
    assert {m.entity for d in pipeline.stream(DOCUMENTS, threshold=1) for m in d.mentions} == {NIL}
    assert all(
        len(m.candidates) <= 1 for d in pipeline.stream(DOCUMENTS, top_k=1) for m in d.mentions
    )
    linked = pipeline.link_only(DOCUMENTS[7])
    assert linked.surface(linked.mentions[0]) == "Otto Nix"
    assert linked.mentions[0].nil is NilKind.NO_CANDIDATE
    explained = pipeline.explain(documents[0], documents[0].mentions[0])
    assert explained.surface == "Paris"
    assert "closeness of its text" in explained.options[0].parts
    assert pipeline.info()["dictionary"]


def test_every_name_is_linked_unless_a_threshold_is_named(untrained):
    found = [m for doc in untrained()(list(DOCUMENTS)) for m in doc.mentions]
    assert NIL not in {m.entity for m in found}
    some = [m for doc in untrained(threshold=0.9)(list(DOCUMENTS)) for m in doc.mentions]
    assert {m.nil for m in some if m.entity == NIL}
    assert len(some) == len(found)


def test_the_text_of_an_entity_tells_namesakes_apart(untrained, base):
    with KnowledgeBase.open(base, read_only=False) as kb:
        for number, name in enumerate(("it was a rainy day at sea", "for the win by the ball")):
            kb.add(Entity(id=f"x{number}", name="Xyz", description=name, type="PER"))
    pipeline = untrained()
    for number, text in enumerate(
        ("Xyz: it was a rainy day at sea", "Xyz: for the win by the ball")
    ):
        (mention,) = pipeline(text).mentions
        assert mention.entity == f"x{number}"


def test_what_is_added_to_the_base_of_a_pipeline_is_found_by_the_next_call(untrained, base):
    pipeline = untrained()
    assert names(pipeline("Lyon is not in Texas.")) == ["Texas"]
    with KnowledgeBase.open(base, read_only=False) as kb:
        kb.add(Entity(id="lyon", name="Lyon", type="LOC"))
        kb.remove("texas")
    time.sleep(0.05)  # another's change is seen within 20 ms
    assert found(pipeline("Lyon is not in Texas.")) == [("Lyon", "LOC", "lyon")]


def test_a_pipeline_without_training_is_saved_and_loaded(untrained, base, tmp_path):
    pipeline = untrained(dictionary={"labels": {"PER": "PERSON"}, "stop": ["acme"]})
    answers = pipeline(list(DOCUMENTS))
    loaded = Pipeline.load(pipeline.save(tmp_path / "saved"))
    base.unlink()
    assert loaded(list(DOCUMENTS)) == answers
    assert loaded.link_only(list(DOCUMENTS)) == pipeline.link_only(list(DOCUMENTS))
    assert loaded.info()["dictionary"]
    labels = {m.label for doc in answers for m in doc.mentions}
    assert "PERSON" in labels
    assert not {"PER", "ORG"} & labels
    with pytest.raises(StorageError, match="made of a model in memory"):
        pickle.dumps(pipeline)
    assert copy.copy(loaded)(TEXT) == loaded(TEXT)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        (
            {"dictionary": {"min_lenght": 3}},
            ConfigError,
            r"from_kb: .*mean dictionary\.min_length\?",
        ),
        ({"dictionary": {"min_length": 99}}, KnowledgeBaseError, "no name or alias to look for"),
        ({"threshold": 2}, ConfigError, r"Pipeline\.from_kb: linker\.threshold = 2"),
        ({"encoder": "no/such"}, EncoderError, "encoder 'no/such' was not found"),
        ({"device": "toaster"}, ConfigError, "device 'toaster' cannot be used"),
    ],
)
def test_a_pipeline_without_training_refuses_what_it_cannot_use(untrained, options, error, message):
    with pytest.raises(error, match=message):
        untrained(**options)


def test_a_base_that_is_none_makes_no_pipeline(tmp_path):
    with pytest.raises(KnowledgeBaseError, match="no such knowledge base"):
        Pipeline.from_kb(tmp_path / "none.sqlite")
