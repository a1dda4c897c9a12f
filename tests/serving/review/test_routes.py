from dataclasses import replace

import pytest

from nerlink.data import Candidate, Document, Mention
from nerlink.kb import KnowledgeBase
from nerlink.serving.settings import ServingSettings
from tests.serving.review.conftest import PLAIN, reviewing
from tests.world import DOCUMENTS

COWS = "id:doc-1"  # Cows walk to Paris in Texas at dawn.
PARIS = (13, 18, "LOC", "paris-texas")
TEXAS = (22, 27, "LOC", "texas")


@pytest.fixture
def review(own_model, tmp_path):
    with reviewing(own_model, tmp_path / "gold.jsonl") as review:
        yield review


def said(document):
    return [(m["start"], m["end"], m.get("label"), m.get("entity")) for m in document["mentions"]]


def test_a_document_comes_with_mentions_links_and_candidates(review):
    review.next(beside=["id:doc-0"])
    document = review.ask("open", key=COWS)["document"]
    assert document["text"] == DOCUMENTS[1].text
    assert said(document) == [PARIS, TEXAS]
    (paris, _) = document["mentions"]
    assert {one["entity"] for one in paris["candidates"]} >= {"paris", "paris-texas"}
    assert document["entities"]["paris"] == {
        "id": "paris",
        "name": "Paris",
        "description": "capital of France",
        "type": "LOC",
    }
    assert (document["number"], document["saved"], document["informed"]) == (2, False, False)


def test_a_saved_document_is_in_the_output_and_the_next_one_comes(review):
    assert review.next()["id"] == "doc-0"
    answer = review.save("id:doc-0", (0, 5, "LOC", "paris"))
    assert answer["progress"] == {"documents": 10, "done": 1, "mine": 1, "disputed": 0}
    assert review.next()["id"] == "doc-1"
    (gold,) = review.gold
    assert gold["mentions"] == [{"start": 0, "end": 5, "label": "LOC", "entity": "paris"}]
    assert gold["meta"] == {"reviewer": "ada", "reviewed": answer["time"]}
    assert "complete" not in gold


def test_a_saved_document_is_opened_as_it_was_saved(review):
    review.save(COWS, (0, 4, None, "NIL"))
    document = review.ask("open", key=COWS)["document"]
    assert said(document) == [(0, 4, None, "NIL")]
    assert document["saved"]
    review.save(COWS, TEXAS)
    assert [len(one["mentions"]) for one in review.gold] == [1]
    assert review.gold[0]["mentions"][0]["entity"] == "texas"


def test_it_goes_on_after_a_restart(own_model, tmp_path):
    for number in range(3):
        with reviewing(own_model, tmp_path / "gold.jsonl") as review:
            document = review.next()
            assert document["id"] == f"doc-{number}"
            review.save(document["key"])
    assert [one["id"] for one in review.gold] == ["doc-0", "doc-1", "doc-2"]


def test_two_reviewers_get_different_documents(review):
    assert [review.next(name)["id"] for name in ("ada", "bob", "ada")] == [
        "doc-0",
        "doc-1",
        "doc-0",
    ]
    told = review.ask("open", reviewer="bob", key="id:doc-0", status=409)
    assert "ada has this document now" in told["error"]["message"]


def test_what_two_did_is_compared(own_model, tmp_path):
    with reviewing(own_model, tmp_path / "gold.jsonl", overlap=10) as review:
        review.save(COWS, PARIS, TEXAS)
        answer = review.save(COWS, TEXAS, reviewer="bob")
        assert answer["state"] == "disputed"
        assert review.gold[0]["meta"]["disputed"] is True
        text = review.ask("agreement")["text"]
        assert "ada and bob: 1 document" in text
        document = review.ask("open", key=COWS)["document"]
        assert document["versions"] == {"ada": [[*PARIS], [*TEXAS]], "bob": [[*TEXAS]]}
        review.save(COWS, PARIS, TEXAS, informed=document["informed"])
        assert "disputed" not in review.gold[0]["meta"]
        states = {one["id"]: one["state"] for one in review.ask("documents")["documents"]}
        assert states["doc-1"] == "done"
        assert states["doc-0"] == "open"


def test_a_marked_mention_gets_candidates_and_a_link(review):
    answer = review.ask(
        "candidates",
        reviewer=None,
        key=COWS,
        mentions=[{"start": 13, "end": 18, "label": "LOC", "entity": None}],
    )
    assert said(answer) == [PARIS]
    assert answer["mentions"][0]["candidates"][0]["entity"] == "paris-texas"


def test_the_base_is_searched_by_the_start_of_a_name(review):
    found = review.ask("search", reviewer=None, query="jor")["entities"]
    assert [one["id"] for one in found] == ["jordan", "player"]
    assert review.ask("search", reviewer=None, query=" ")["entities"] == []


def test_a_new_entity_is_found_and_linked_at_once(own_model, tmp_path):
    doc = Document(id="a", text="The mayor of Zyx met Ada Byron.")
    with reviewing(own_model, tmp_path / "gold.jsonl", [doc]) as review:
        given = {"id": "zyx", "name": "Zyx Town", "description": "town", "aliases": ["Zyx"]}
        found = review.ask("entities", reviewer=None, status=201, **given)["entity"]
        assert found["name"] == "Zyx Town"
        mentions = [{"start": 13, "end": 16, "label": "LOC", "entity": None}]
        answer = review.ask("candidates", reviewer=None, key="id:a", mentions=mentions)
        assert [one["entity"] for one in answer["mentions"][0]["candidates"]] == ["zyx"]
        told = review.ask("entities", reviewer=None, status=409, **given)
        assert "the base has 'zyx' already: 'Zyx Town'" in told["error"]["message"]
    with KnowledgeBase.open(own_model.kb.path) as kb:
        assert kb["zyx"].description == "town"


def test_a_new_entity_is_added_to_a_second_base_as_well(own_model, base, tmp_path):
    with reviewing(own_model, tmp_path / "gold.jsonl") as review:
        review.session.more = base.path
        review.ask("entities", reviewer=None, status=201, id="second", name="Second")
        assert "second" in base
        assert "second" in own_model.kb


@pytest.mark.parametrize("entity", [None, "", "  ", "a\nb", 7])
def test_an_entity_needs_an_id(review, entity):
    told = review.ask("entities", reviewer=None, status=422, id=entity, name="X")
    assert told["error"]["message"] == "an entity needs an id, in one line."


def test_own_mentions_come_first_where_the_document_has_some(own_model, tmp_path):
    mentions = (Mention(start=0, end=4, label="COW", entity="NIL"),)
    whole = Document(id="a", text=DOCUMENTS[1].text, mentions=mentions)
    part = Document(id="b", text=DOCUMENTS[1].text, mentions=mentions, complete=False)
    with reviewing(own_model, tmp_path / "gold.jsonl", [whole, part]) as review:
        cow = (0, 4, "COW", "NIL")
        assert said(review.next()) == [cow]
        assert said(review.next(beside=["id:a"])) == [cow, PARIS, TEXAS]
    with reviewing(own_model, tmp_path / "gold.jsonl", [whole], preset="model") as review:
        assert said(review.next()) == [PARIS, TEXAS]
    with reviewing(own_model, tmp_path / "gold.jsonl", PLAIN, preset="documents") as review:
        assert said(review.next()) == []


def test_candidates_of_the_document_stand_behind_those_of_the_linker(own_model, tmp_path):
    offered = (Candidate(entity="lost"), Candidate(entity="texas"))
    mention = Mention(start=22, end=27, candidates=offered)
    doc = Document(id="a", text=DOCUMENTS[1].text, mentions=(mention,))
    with reviewing(own_model, tmp_path / "gold.jsonl", [doc]) as review:
        document = review.next()
    (found,) = document["mentions"]
    assert [one["entity"] for one in found["candidates"]] == ["texas", "lost"]
    assert found["entity"] == "texas"
    assert "lost" not in document["entities"]


def test_what_a_document_says_may_mean_an_entity_is_not_proposed_as_nil(own_model, tmp_path):
    offered = (Candidate(entity="paris", prior=0.5), Candidate(entity="paris-texas", prior=0.5))
    mention = Mention(start=0, end=8, label="PER", candidates=offered)
    # Nobody in the base is called Otto Nix, so the linker holds him for NIL.
    doc = Document(id="a", text="Otto Nix met.", mentions=(mention,), complete=False)
    for one, entity in ((doc, None), (replace(doc, complete=True), "NIL")):
        output = tmp_path / f"{one.complete}.jsonl"
        with reviewing(own_model, output, [one], preset="documents") as review:
            assert said(review.next()) == [(0, 8, "PER", entity)]


def test_a_base_alone_gives_candidates_and_links_what_has_one(base, tmp_path):
    text = DOCUMENTS[1].text
    mentions = (Mention(start=13, end=18, label="LOC"), Mention(start=22, end=27, label="LOC"))
    doc = Document(id="a", text=text, mentions=mentions, complete=False)
    with reviewing(base, tmp_path / "gold.jsonl", [doc]) as review:
        document = review.next()
        assert said(document) == [(13, 18, "LOC", None), TEXAS]
        assert [one["entity"] for one in document["mentions"][0]["candidates"]] == [
            "paris",
            "paris-texas",
        ]
        review.save("id:a", PARIS, TEXAS)
        assert review.gold[0]["id"] == "a"


def test_a_base_alone_has_its_types_for_labels(base, tmp_path):
    with reviewing(base, tmp_path / "gold.jsonl", PLAIN) as review:
        labels = review.ask("session")["labels"]
        assert [one["label"] for one in labels] == ["LOC", "PER", "ORG"]
        assert all(one["known"] for one in labels)


def test_labels_are_those_asked_for_then_of_the_model_then_of_documents(own_model, tmp_path):
    doc = Document(id="a", text="Ship", mentions=(Mention(start=0, end=4, label="SHIP"),))
    with reviewing(own_model, tmp_path / "gold.jsonl", [doc], labels=("PER", "SEA")) as review:
        labels = review.ask("session")["labels"]
        assert [one["label"] for one in labels] == ["PER", "SEA", "LOC", "ORG", "SHIP"]
        assert [one["label"] for one in labels if not one["known"]] == ["SEA", "SHIP"]
        found = review.ask("labels", reviewer=None, label="PLANET")["labels"]
        assert found[-1]["label"] == "PLANET"
        review.ask("labels", reviewer=None, label=" ", status=422)


@pytest.mark.parametrize(
    ("mention", "told"),
    [
        ((0, 99, "LOC", None), "99"),
        ((5, 5, "LOC", None), "5"),
        ((-1, 5, "LOC", None), "-1"),
        (("x", 5, "LOC", None), "start"),
    ],
    ids=str,
)
def test_a_mention_outside_the_text_is_refused(review, mention, told):
    names = ("start", "end", "label", "entity")
    record = dict(zip(names, mention, strict=True))
    answer = review.ask("save", key=COWS, mentions=[record], status=422)
    assert told in answer["error"]["message"]
    assert not review.output.exists()


@pytest.mark.parametrize("reviewer", ["", " ada", "a\nb", "a" * 81, 7])
def test_a_reviewer_has_a_name_of_one_line(review, reviewer):
    assert review.ask("next", reviewer=reviewer, status=422)["error"]["code"] == "invalid"


def test_a_document_that_is_not_there_is_told(review):
    for path in ("open", "save", "candidates"):
        who = None if path == "candidates" else "ada"
        more = {} if path == "open" else {"mentions": []}
        assert review.ask(path, reviewer=who, key="id:none", status=404, **more)


def test_the_page_of_another_server_may_not_ask(review):
    body = {"reviewer": "ada"}
    for origin, status in (("http://evil", 403), ("null", 403), ("http://testserver", 200)):
        answer = review.client.post("/review/next", json=body, headers={"Origin": origin})
        assert answer.status_code == status


def test_another_name_of_the_server_is_refused(own_model, tmp_path):
    settings = ServingSettings(allowed_hosts=())
    with reviewing(own_model, tmp_path / "gold.jsonl", settings=settings) as review:
        assert review.client.get("/").status_code == 403
        assert review.client.get("/", headers={"Host": "localhost:8000"}).status_code == 200


def test_a_token_guards_everything_but_the_page(own_model, tmp_path):
    settings = ServingSettings(token="secret")
    with reviewing(own_model, tmp_path / "gold.jsonl", settings=settings) as review:
        assert review.client.get("/").status_code == 200
        review.ask("session", status=401)
        review.client.headers["Authorization"] = "Bearer secret"
        assert review.ask("session")["progress"]["documents"] == 10


def test_the_page_may_run_its_own_scripts_alone(review):
    answer = review.client.get("/")
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self';" in policy and "unsafe" not in policy
    for name in answer.text.split('src="')[1:]:
        assert review.client.get("/" + name.partition('"')[0]).status_code == 200
    assert review.client.get("/static/../session.py").status_code == 404


def test_the_log_has_no_text(review, caplog):
    caplog.set_level("INFO")
    review.next()
    review.save(COWS, PARIS)
    review.ask("search", reviewer=None, query="Cows")
    review.ask("entities", reviewer=None, status=422, id="", name="Cows")
    written = caplog.text
    assert "/review/save" in written
    assert all(word not in written for word in ("Cows", "ada", "Paris", "doc-1"))


def test_an_entity_that_the_base_has_lost_is_kept(own_model, tmp_path):
    mention = Mention(start=0, end=4, label="LOC", entity="gone")
    doc = Document(id="a", text="Cows in Texas", mentions=(mention,))
    with reviewing(own_model, tmp_path / "gold.jsonl", [doc]) as review:
        document = review.next()
        assert said(document) == [(0, 4, "LOC", "gone")]
        assert "gone" not in document["entities"]
        review.save("id:a", *said(document))
        assert review.gold[0]["mentions"][0]["entity"] == "gone"


def test_meta_travels_along(own_model, tmp_path):
    doc = Document(id="a", text="Cows", meta={"source": "farm", "reviewer": "old"})
    with reviewing(own_model, tmp_path / "gold.jsonl", [doc]) as review:
        review.save("id:a")
        assert review.gold[0]["meta"]["source"] == "farm"
        assert review.gold[0]["meta"]["reviewer"] == "ada"
