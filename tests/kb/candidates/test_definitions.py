import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.kb.candidates.definitions import find_definitions


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(
            "The Guild of Lamp Makers (GLM) met.", {"GLM": "Guild of Lamp Makers"}, id="initials"
        ),
        pytest.param(
            "GLM (Guild of Lamp Makers) met.", {"GLM": "Guild of Lamp Makers"}, id="other way round"
        ),
        pytest.param(
            "the Guild of Lamp Makers ( GLM ) met .", {"GLM": "Guild of Lamp Makers"}, id="tokens"
        ),
        pytest.param(
            "The Organization for Lamps (OFL)", {"OFL": "Organization for Lamps"}, id="small words"
        ),
        pytest.param(
            "The Lampographic Union (LAMPU)", {"LAMPU": "Lampographic Union"}, id="inner letters"
        ),
        pytest.param("Guild of Lamp Makers (GLMs)", {"GLMs": "Guild of Lamp Makers"}, id="plural"),
        pytest.param("He met Anna Norde (Norway).", {}, id="not letters of it"),
        pytest.param("Kenneth Ayala (Kenya) won.", {}, id="one capital is a name"),
        pytest.param("The lamps (see below) are out.", {}, id="words"),
        pytest.param("They said it of lamps (OIL).", {}, id="starts without a capital"),
        pytest.param("Lamp (a) b) c (LAMP)", {}, id="longer only by a parenthesis"),
        pytest.param("(GLM) (", {}, id="nothing before"),
    ],
)
def test_short_forms_are_found_beside_their_long_ones(text: str, found: dict[str, str]) -> None:
    assert find_definitions(text) == found


def test_the_first_definition_counts() -> None:
    text = "The Guild of Lamp Makers (GLM) and the Great Lake Mill (GLM)."
    assert find_definitions(text) == {"GLM": "Guild of Lamp Makers"}


@given(st.text(alphabet="AaBb .()ßİ", max_size=40))
def test_both_forms_are_in_the_text_and_begin_alike(text: str) -> None:
    words = " ".join(text.split())
    for short, long in find_definitions(text).items():
        assert short in text
        assert long in words
        assert len(long) > len(short)
        assert long[0].isupper()
