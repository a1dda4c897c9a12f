"""Requests as Label Studio sends them to a machine learning backend."""

import json

import pytest

from nerlink.serving.protocols.label_studio import Labelling, read_labelling
from nerlink.serving.refusals import Invalid
from tests.world import TEXTS, marked

CONFIG = """
<View>
  <Labels name="ner" toName="article">
    <Label value="LOC" background="red"/><Label value="PER" alias="person"/>
  </Labels>
  <Text name="article" value="$body"/>
  {more}
</View>
"""
LINKS = '<TextArea name="wikidata" toName="article" perRegion="true"/>'


WITH_LINKS = CONFIG.format(more=LINKS)


def request(*tasks, config=WITH_LINKS):
    """What `MLApi.make_predictions` of Label Studio posts."""
    return {
        "tasks": [{"id": n, "data": data, "annotations": []} for n, data in enumerate(tasks)],
        "model_version": "old",
        "project": "62053.1712586036",
        "label_config": config,
        "params": {"login": None, "password": None, "context": None},
    }


def predict(client, *tasks, **options):
    answer = client.post("/predict", json=request(*tasks, **options))
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert len(results) == len(tasks)
    for one in results:
        assert one["model_version"] == answer.json()["model_version"]
    return results


def regions(prediction):
    """Surface, offsets, label and link of each region, as Label Studio joins them by their ids."""
    found = {}
    for result in prediction["result"]:
        place = (result["value"]["start"], result["value"]["end"])
        region = found.setdefault(result["id"], {"place": place, "to": result["to_name"]})
        assert region["place"] == place
        assert region["to"] == result["to_name"]
        kind = "text" if result["type"] == "textarea" else result["type"]
        (region[result["from_name"]],) = result["value"][kind]
    return [(one["place"], one["ner"], one.get("wikidata")) for one in found.values()]


def test_the_version_is_that_of_the_model_and_nothing_of_the_request_is_used(client):
    body = {
        "project": "1.17",
        "schema": CONFIG.format(more=""),
        "hostname": "http://127.0.0.1:9/",
        "access_token": "secret",
        "extra_params": "file:///etc/passwd",
    }
    answer = client.post("/setup", json=body)
    assert answer.status_code == 200
    version = answer.json()["model_version"]
    assert version.startswith("nerlink ")
    assert predict(client, {"body": "Paris"})[0]["model_version"] == version


def test_a_prediction_has_labels_and_links(client):
    (prediction,) = predict(client, {"body": marked(TEXTS[1]).text})
    assert regions(prediction) == [
        ((13, 18), "LOC", "paris-texas"),
        ((22, 27), "LOC", "texas"),
    ]
    scores = [one["score"] for one in prediction["result"] if one["type"] == "labels"]
    assert prediction["score"] == min(scores)
    meta = prediction["result"][0]["meta"]
    assert meta["candidates"][0]["entity"] == "paris-texas"
    assert 0 < meta["link_score"] <= 1


def test_nothing_else_is_at_the_places_of_the_mentions(client):
    texts = [marked(text).text for text in TEXTS]
    for text, prediction in zip(texts, predict(client, *({"body": t} for t in texts)), strict=True):
        for result in prediction["result"]:
            value = result["value"]
            if result["type"] == "labels":
                assert value["text"] == text[value["start"] : value["end"]]


def test_labels_are_written_as_the_project_has_them(client):
    (prediction,) = predict(client, {"body": marked(TEXTS[4]).text})
    assert [(label, link) for _, label, link in regions(prediction)] == [("person", "ada")]


def test_any_label_goes_where_the_tasks_bring_them(client):
    config = CONFIG.format(more=LINKS).replace('name="ner"', 'name="ner" value="$labels"')
    (prediction,) = predict(client, {"body": marked(TEXTS[4]).text}, config=config)
    assert [label for _, label, _ in regions(prediction)] == ["PER", "ORG"]


def test_without_a_text_area_a_link_is_shown_beside_its_region(client):
    (prediction,) = predict(client, {"body": marked(TEXTS[1]).text}, config=CONFIG.format(more=""))
    assert [one["meta"]["text"] for one in prediction["result"]] == [
        ["Paris (paris-texas)"],
        ["Texas (texas)"],
    ]


def test_nil_is_a_link_too(client):
    (prediction,) = predict(client, {"body": marked(TEXTS[7]).text})
    assert [link for _, _, link in regions(prediction)] == ["NIL", "ada", "paris"]


def test_offsets_are_characters(client):
    text = "👩\u200d🚀 𐍈: " + marked(TEXTS[1]).text
    (prediction,) = predict(client, {"body": text})
    places = [place for place, _, link in regions(prediction) if link == "texas"]
    assert [text[start:end] for start, end in places] == ["Texas"]


def test_a_task_that_cannot_be_read_costs_no_other(client):
    good = {"body": marked(TEXTS[1]).text}
    bad = [{"title": "x"}, {"body": 5}, {"body": "a\0b"}, {"body": "x" * 300_000}, "Paris"]
    predictions = predict(client, *bad, good)
    assert len(regions(predictions[-1])) == 2
    for prediction in predictions[:-1]:
        assert prediction["result"] == []
        assert prediction["error"]["message"].startswith("task ")


def test_no_tasks_have_no_predictions(client):
    assert predict(client) == []


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ("", "not XML"),
        ("<View>", "not XML"),
        ("<View/>", "no Labels for a Text"),
        (None, "it must be the XML of a project"),
        ("<View><Text name='t' value='$t'/><Labels name='l' toName='u'/></View>", "no Labels"),
        (CONFIG.format(more="").replace("$body", "body"), "'\\$text'"),
        (CONFIG.format(more="").replace('"$body"', '"$body" valueType="url"'), "opens none"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>" + CONFIG.format(more=""), "DOCTYPE"),
        ('<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x">' + CONFIG.format(more=""), "DOCTYPE"),
        ("<View>\ud800</View>", "not XML"),
        ("<View>&unknown;</View>", "not XML"),
    ],
    ids=range(11),
)
def test_a_configuration_that_does_not_fit_is_refused(config, message):
    with pytest.raises(Invalid, match=message):
        read_labelling(config)


def test_the_first_labels_for_a_text_count():
    config = """<View>
      <Image name="i" value="$image"/><Labels name="boxes" toName="i"><Label value="X"/></Labels>
      <TextArea name="note" toName="t"/><TextArea name="link" toName="t" perRegion="true"/>
      <Labels name="l" toName="t"><Label value="a &amp; b"/></Labels><Text name="t" value="$x.y"/>
    </View>"""
    labels = {"a & b": "a & b"}
    assert read_labelling(config) == Labelling("x.y", "t", "l", labels, "link")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 422),
        (b"{}", 422),
        (json.dumps({"label_config": CONFIG, "tasks": {}}).encode(), 422),
        (json.dumps(request(*[{"body": "x"}] * 1001)).encode(), 413),
    ],
    ids=range(5),
)
def test_a_wrong_request_is_refused(client, body, status):
    headers = {"Content-Type": "application/json"}
    answer = client.post("/predict", content=body, headers=headers)
    assert answer.status_code == status
    assert set(answer.json()["error"]) >= {"code", "message"}
