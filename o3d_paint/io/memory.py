"""How much memory a file may ask for."""

from __future__ import annotations

from o3d_paint.errors import SceneError
from o3d_paint.free_memory import available_bytes

__all__ = ["available_bytes", "human_size", "require_memory"]

_USABLE_SHARE = 0.8
_MOST = 10**30


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
