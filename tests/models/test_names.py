import pytest

from nerlink.models.names import NAME_FEATURES, compare_names


@pytest.mark.parametrize(
    ("surface", "name", "expected"),
    [
        pytest.param("paris", "Paris", (1, 1, 1, 1, 0, 1), id="the name"),
        pytest.param("Paris", "Paris, Texas", (0, 1, 1 / 2, 1, 0, 1), id="without its qualifier"),
        pytest.param("Mercury", "Mercury (planet)", (0, 1, 1 / 2, 1, 0, 1), id="in brackets"),
        pytest.param(
            "Mike Jordan Jr", "Jordan", (0, 0, 1, 1 / 3, 0, 12 / 20), id="more than the name"
        ),
        pytest.param("AMU", "Anvil Makers Union", (0, 0, 0, 0, 1, 0), id="acronym"),
        pytest.param("Byrne", "Byron", (0, 0, 0, 0, 0, 4 / 10), id="misspelt"),
        pytest.param("...", "Acme", (0, 0, 0, 0, 0, 0), id="nothing in common"),
    ],
)
def test_a_surface_is_compared_to_a_name(surface, name, expected):
    assert compare_names(surface, name) == pytest.approx(expected)


def test_every_comparison_has_a_name():
    assert len(NAME_FEATURES) == len(compare_names("a", "b"))
