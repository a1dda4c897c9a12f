import itertools

import pytest

from nerlink.display.colours import DARK, LIGHT, hue_class, hue_css, label_hue


def luminance(colour):
    """Relative luminance of `#rrggbb` as WCAG 2 defines it."""
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(first, second):
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_every_hue_can_be_read(theme):
    for hue in (None, *range(360)):
        ground = theme.ground.hex(hue)
        assert contrast(theme.text, ground) >= 7
        assert contrast(theme.ink.hex(hue), ground) >= 4.5


def test_colour_depends_on_the_label_alone():
    assert label_hue("PER") == label_hue("per") == 214
    assert label_hue("product-name") == label_hue("product-name") == 338
    assert label_hue(None) is None
    assert hue_class(None) == "grey"


def test_common_labels_are_far_apart():
    hues = sorted(label_hue(label) for label in ("PER", "LOC", "ORG", "MISC"))
    gaps = [b - a for a, b in itertools.pairwise(hues)]
    assert min(gaps) >= 45


def test_rules_hold_for_light_and_dark():
    css = hue_css(["PER", None])
    assert css.count(".hue214{") == css.count(".grey{") == 2
