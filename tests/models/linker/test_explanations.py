import pytest
import torch

from nerlink.data import NIL
from nerlink.models.linker.explanations import Explanation, Option, explain_link
from nerlink.models.passages import locate
from tests.models.conftest import examples
from tests.world import marked

TEXT = "[Paris|LOC|paris] is in [Texas|LOC|texas] and [Paris|LOC|paris] is far from [Nix|PER|]."


def explain(model, example, number):
    vectors, _, labels = model.read([example.passage])
    mentions = locate([example.passage], [example.spans], vectors.device)
    return explain_link(model.linker, vectors, labels, mentions, number)


@pytest.mark.parametrize("is_on", [False, True])
@pytest.mark.parametrize("number", range(4))
def test_the_parts_add_up_to_the_score(model, number, is_on):
    linker = model.linker
    linker.second_look.weights[1] = torch.tensor([0.5, -0.2, 1.0, 0.5, 0.7, 2.0])
    linker.config = linker.config.model_copy(update={"second_look": is_on})
    (example,) = examples(marked(TEXT))
    explanation = explain(model, example, number)
    reading = model.read([example.passage])
    mentions = locate([example.passage], [example.spans], reading.vectors.device)
    with torch.no_grad():
        look = linker.look(reading.vectors, reading.labels, mentions)
        logits = linker.second_look(look, is_on=is_on)[number]
    expected = dict(zip((NIL, *look.sets[number].entities), logits.tolist(), strict=False))
    found = {option.entity: sum(option.parts.values()) for option in explanation.options}
    assert found == pytest.approx(expected, abs=1e-3)
    assert sum(option.probability for option in explanation.options) == pytest.approx(1)


def test_the_likeliest_comes_first(model):
    (example,) = examples(marked(TEXT))
    options = explain(model, example, 0).options
    assert {option.entity for option in options} == {NIL, "paris", "paris-texas"}
    probabilities = [option.probability for option in options]
    assert probabilities == sorted(probabilities, reverse=True)


def test_an_explanation_is_a_table():
    options = (
        Option(
            "paris", "Paris", 0.75, {"prior": 1.0, "closeness of its text": 0.5, "small": 0.001}
        ),
        Option(NIL, NIL, 0.25, {"closeness": 0.4}),
    )
    assert str(Explanation("Paris", options)).splitlines() == [
        "Paris                    paris    NIL",
        "probability              0.750  0.250",
        "score                    +1.50  +0.40",
        "  prior                  +1.00",
        "  closeness of its text  +0.50",
        "  closeness                     +0.40",
    ]
