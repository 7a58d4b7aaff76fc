"""How much memory a file may ask for."""

from __future__ import annotations

import os
from pathlib import Path

from o3d_paint.errors import SceneError

__all__ = ["available_bytes", "human_size", "require_memory"]

_FALLBACK = 8 << 30
_USABLE_SHARE = 0.8
_MOST = 10**30


def available_bytes() -> int:
    """Return the memory that can be taken without swapping, the container's limit included."""
    free = _meminfo_available() or _physical() or _FALLBACK
    limit = _read_int(Path("/sys/fs/cgroup/memory.max"))
    used = _read_int(Path("/sys/fs/cgroup/memory.current"))
    if limit is not None and used is not None:
        free = min(free, max(0, limit - used))
    return free


def require_memory(what: str, needed: int, *, limit: int | None = None) -> None:
    """Refuse what would not fit before any of it is taken.

    Args:
        what: Names file and content, for the message.
        needed: Bytes that it declares.
        limit: Bytes that the user allows; None allows 80 % of the free memory.

    Raises:
        SceneError: It does not fit.
    """
    allowed = int(available_bytes() * _USABLE_SHARE) if limit is None else limit
    if needed > allowed:
        msg = (
            f"{what} declares {human_size(needed)}, and {human_size(allowed)} of memory may be"
            " used: check that the file is what it should be, or raise --memory-limit"
        )
        raise SceneError(msg)


def human_size(size: float) -> str:
    """Return a size such as ``1.5 GB``."""
    # A damaged header can declare more than a float holds.
    size = max(-_MOST, min(size, _MOST))
    for unit in ("B", "kB", "MB", "GB", "TB", "PB"):
        if abs(size) < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} EB"


def _meminfo_available() -> int | None:
    try:
        text = Path("/proc/meminfo").read_text(encoding="ascii")
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _physical() -> int | None:
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return None


def _read_int(path: Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
