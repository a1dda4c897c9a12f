"""How much memory a process has."""

import re
import resource
import sys
from pathlib import Path

__all__ = ["peak_memory", "resident_memory"]

MEGABYTE = 1 << 20


def peak_memory() -> float:
    """The most memory this process ever had resident, megabytes."""
    status = Path("/proc/self/status")
    if status.is_file():
        # Not of getrusage, which starts from what the process had that started this one.
        (peak,) = re.findall(r"^VmHWM:\s+(\d+) kB$", status.read_text(), flags=re.MULTILINE)
        return int(peak) / 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used / (MEGABYTE if sys.platform == "darwin" else 1024)


def resident_memory() -> float:
    """The memory this process has resident now, megabytes; the peak where nothing tells."""
    status = Path("/proc/self/statm")
    if not status.is_file():
        return peak_memory()
    n_pages = int(status.read_text().split()[1])
    return n_pages * resource.getpagesize() / MEGABYTE
