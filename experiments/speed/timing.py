"""Sides measured in turns, so that a slow minute of the machine hits all of them."""

import gc
import time
from collections.abc import Callable, Mapping
from typing import Final

__all__ = ["CLOCKS", "Side", "Times", "measure_in_turns"]

Side = Callable[[int], object]
"""Something to time; told the number of the repetition."""

Times = dict[str, list[float]]
"""Seconds of each repetition of each side."""

CLOCKS: Final[Mapping[str, Callable[[], float]]] = {
    "wall": time.perf_counter,
    "cpu": time.process_time,
}
"""`cpu` counts this process's own seconds only, for a machine that others use too."""


def measure_in_turns(sides: Mapping[str, Side], repeats: int, *, clock: str) -> Times:
    """Seconds of each side and repetition, after one that does not count.

    The side that goes first changes from repetition to repetition.

    Args:
        sides: What is timed.
        repeats: How often.
        clock: One of `CLOCKS`.
    """
    now = CLOCKS[clock]
    gc.collect()
    gc.freeze()  # what was made before is not looked through again and again
    names = list(sides)
    times: Times = {name: [] for name in names}
    for number in range(repeats + 1):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            start = now()
            sides[name](number)
            if number:
                times[name].append(now() - start)
    gc.unfreeze()
    return times
