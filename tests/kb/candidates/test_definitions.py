import pytest
from hypothesis import given
from hypothesis import strategies as st

from nerlink.kb.candidates.definitions import find_definitions, spell_out


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
        pytest.param("They said it of lamps (OIL).", {}, id="a letter is missing"),
        pytest.param("Lamp (a) b) c (LAMP)", {}, id="longer only by a parenthesis"),
        pytest.param("(GLM) (", {}, id="nothing before"),
        pytest.param("Lamps of glory. In modern glory (LM)", {}, id="another sentence"),
    ],
)
def test_short_forms_are_found_beside_their_long_ones(text: str, found: dict[str, str]) -> None:
    assert find_definitions(text) == found


def test_the_first_definition_counts() -> None:
    text = "The Guild of Lamp Makers (GLM) and the Great Lake Mill (GLM)."
    assert find_definitions(text) == {"GLM": "Guild of Lamp Makers"}


@pytest.mark.parametrize(
    ("text", "short", "long"),
    [
        ("dogs with human lamp toxicosis (LT) and", "LT", "lamp toxicosis"),
        ("in familial lamp polyposis (FLP; MIM 1)", "FLP", "familial lamp polyposis"),
        ("the lampus polyposis coli (LPC) tumour", "LPC", "lampus polyposis coli"),
        ("The Norde-Ayala syndrome [NAS] is", "NAS", "Norde-Ayala syndrome"),
        ("as in von Norde-Ayala (VNA) disease", "VNA", "von Norde-Ayala"),
        ("the LTM gene of lampia-telangia (L-T)", "L-T", "lampia-telangia"),
        (
            "hereditary nonlamposis coral cancer (HNLCC)",
            "HNLCC",
            "hereditary nonlamposis coral cancer",
        ),
        ("Lamp-6-glowate dehydrogenase (L6GD) deficiency", "L6GD", "Lamp-6-glowate dehydrogenase"),
        ("LACA1 (lamp cancer 1)", "LACA1", "lamp cancer 1"),
        ("lamp\ncancers (LCs)", "LCs", "lamp cancers"),
        ('a lamp combined immunodeficiency ("LCID")', "LCID", "lamp combined immunodeficiency"),
        ("Lighting of drugs that inhibit lamp transferase (LTRS)", "LTRS", "lamp transferase"),
        ("Organization of Lamp states (OLS)", "OLS", "Organization of Lamp states"),
    ],
)
def test_long_forms_in_small_letters_are_found_without_what_stands_before(text, short, long):
    assert find_definitions(text) == {short: long}


@pytest.mark.parametrize(
    ("surface", "found"),
    [
        ("VNA", ["von Norde-Ayala"]),
        ("VNA disease", ["von Norde-Ayala disease"]),
        ("von Norde-Ayala (VNA) disease", ["von Norde-Ayala disease"]),
        ("VNAs", ["von Norde-Ayala"]),
        ("LC", ["lamp cancers", "lamp cancer"]),
        ("LC tumours", ["lamp cancers tumours", "lamp cancers tumour"]),
        ("VNAX", []),
        ("lamp (3)", []),
    ],
)
def test_names_with_short_forms_are_spelt_out(surface: str, found: list[str]) -> None:
    assert spell_out(surface, {"VNA": "von Norde-Ayala", "LCs": "lamp cancers"}) == found


@given(st.text(alphabet="AaBb .()ßİ", max_size=40))
def test_both_forms_are_in_the_text_and_begin_alike(text: str) -> None:
    words = " ".join(text.split())
    for short, long in find_definitions(text).items():
        assert short in text
        assert long in words
        assert len(long) > len(short)
        assert long[0].lower() == short[0].lower()
