"""How the C library keeps memory for tensors."""

import ctypes
import sys
from functools import cache
from typing import Final

__all__ = ["keep_out_of_heap"]

MMAP_THRESHOLD: Final = -3
"""The number of that option of glibc's `mallopt`."""

OWN_PAGES: Final = 1 << 20
"""Bytes from which a tensor gets pages of its own."""


@cache
def keep_out_of_heap() -> None:
    """Give every large tensor pages of its own, which go back to the system when it is freed.

    By itself, glibc puts tensors of up to 32 MB into its heap, where those of ever new sizes leave
    gaps: over a long stream, hundreds of megabytes that nothing uses. This holds for the rest of
    the process. Other C libraries have no such option, and are left alone.
    """
    if sys.platform == "linux" and hasattr(library := ctypes.CDLL(None), "mallopt"):
        library.mallopt(MMAP_THRESHOLD, OWN_PAGES)
