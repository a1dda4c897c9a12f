"""Mentions of gold and prediction as tag sequences over shared pieces of text.

Seqeval compares tags, documents hold characters. The text is cut at every border of a gold or
predicted mention, so that each mention covers whole pieces and two mentions get the same tags
exactly if they have the same characters and label. Mentions that overlap others of the same side
go to a sequence (layer) of their own; a predicted mention that is gold goes to the gold one's.
"""

from collections.abc import Collection, Iterator

__all__ = ["Labelled", "Tags", "tag_layers"]

Labelled = tuple[int, int, str]
"""Start, end and label of a mention."""

Tags = list[str]
"""BIO tags, one a piece."""

OUTSIDE = "O"


def tag_layers(
    gold: Collection[Labelled], predicted: Collection[Labelled]
) -> Iterator[tuple[Tags, Tags]]:
    """Gold and predicted tags of each layer; one layer where nothing overlaps.

    >>> list(tag_layers({(0, 12, "PER")}, {(0, 12, "PER"), (13, 16, "LOC")}))
    [(['B-PER', 'O', 'O'], ['B-PER', 'O', 'B-LOC'])]
    """
    borders = sorted({at for start, end, _ in (*gold, *predicted) for at in (start, end)})
    piece = {border: n for n, border in enumerate(borders)}
    layers = _Layers(max(len(borders) - 1, 0))
    layer_of = {m: layers.lay_gold(piece[m[0]], piece[m[1]], m[2]) for m in sorted(set(gold))}
    # Exact matches first: they must find their gold layer free.
    for m in sorted(set(predicted), key=lambda m: (m not in layer_of, m)):
        layers.lay_predicted(piece[m[0]], piece[m[1]], m[2], layer_of.get(m))
    yield from zip(layers.gold, layers.predicted, strict=True)


class _Layers:
    """Tag sequences that grow in number as mentions overlap."""

    def __init__(self, n_pieces: int) -> None:
        self.n_pieces = n_pieces
        self.gold: list[Tags] = []
        self.predicted: list[Tags] = []

    def lay_gold(self, start: int, end: int, label: str) -> int:
        layer = self._first_free(self.gold, start, end)
        self.gold[layer][start:end] = _bio(label, end - start)
        return layer

    def lay_predicted(self, start: int, end: int, label: str, layer: int | None) -> None:
        if layer is None:
            layer = self._first_free(self.predicted, start, end)
        self.predicted[layer][start:end] = _bio(label, end - start)

    def _first_free(self, side: list[Tags], start: int, end: int) -> int:
        for layer, tags in enumerate(side):
            if all(tag == OUTSIDE for tag in tags[start:end]):
                return layer
        self.gold.append([OUTSIDE] * self.n_pieces)
        self.predicted.append([OUTSIDE] * self.n_pieces)
        return len(side) - 1


def _bio(label: str, n: int) -> Tags:
    return [f"B-{label}"] + [f"I-{label}"] * (n - 1)
