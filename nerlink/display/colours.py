"""A colour for every label: the same on every page, readable on light and on dark ground."""

import colorsys
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

__all__ = ["DARK", "LIGHT", "Shade", "Theme", "all_hues_css", "hue_class", "hue_css", "label_hue"]

HUES: Mapping[str, int] = {
    "PER": 214,
    "PERSON": 214,
    "LOC": 148,
    "LOCATION": 148,
    "GPE": 172,
    "ORG": 28,
    "ORGANIZATION": 28,
    "MISC": 284,
    "DATE": 340,
}
"""Hues of common labels, far apart; any other label takes one from its hash."""


@dataclass(frozen=True, slots=True)
class Shade:
    """A colour without its hue.

    Args:
        saturation: 0 to 1.
        lightness: 0 to 1.
    """

    saturation: float
    lightness: float

    def hex(self, hue: int | None) -> str:
        """`#rrggbb` of this shade in a hue in degrees; grey without one."""
        saturation = 0.0 if hue is None else self.saturation
        rgb = colorsys.hls_to_rgb((hue or 0) / 360, self.lightness, saturation)
        return "#" + "".join(f"{round(255 * part):02x}" for part in rgb)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """The shades of a mention; in every hue, words keep a contrast of 4.5 to 1 with the ground.

    Args:
        ground: The ground behind the mention.
        edge: The line under the mention.
        ink: The mention's label.
        text: The mention's text, `#rrggbb`.
    """

    ground: Shade
    edge: Shade
    ink: Shade
    text: str

    def css(self, hue: int | None) -> str:
        """The shades in a hue in degrees, as custom properties of CSS; grey without one."""
        return (
            f"--ground:{self.ground.hex(hue)};--edge:{self.edge.hex(hue)};--ink:{self.ink.hex(hue)}"
        )


LIGHT = Theme(
    ground=Shade(0.85, 0.91), edge=Shade(0.55, 0.52), ink=Shade(0.75, 0.23), text="#1c1f26"
)
DARK = Theme(ground=Shade(0.45, 0.2), edge=Shade(0.5, 0.55), ink=Shade(0.85, 0.82), text="#eceef2")


def label_hue(label: str | None) -> int | None:
    """Hue of a label in degrees, whatever other labels there are; none without a label."""
    if label is None:
        return None
    known = HUES.get(label.upper())
    if known is not None:
        return known
    digest = hashlib.sha256(label.encode("utf-8", "surrogatepass")).digest()
    return int.from_bytes(digest[:4]) % 360


def hue_class(label: str | None) -> str:
    """The class that gives an element its label's colours."""
    hue = label_hue(label)
    return "grey" if hue is None else f"hue{hue}"


def hue_css(labels: Iterable[str | None]) -> str:
    """Style rules for the classes of these labels, on light and on dark ground."""
    return _css({hue_class(label): label_hue(label) for label in labels})


def all_hues_css() -> str:
    """Style rules for the classes of all labels that there can be."""
    return _css({"grey": None} | {f"hue{hue}": hue for hue in range(360)})


def _css(hues: Mapping[str, int | None]) -> str:
    light = "".join(f".nerlink .{name}{{{LIGHT.css(hue)}}}" for name, hue in sorted(hues.items()))
    dark = "".join(f".nerlink .{name}{{{DARK.css(hue)}}}" for name, hue in sorted(hues.items()))
    return f"{light}@media(prefers-color-scheme:dark){{{dark}}}"
