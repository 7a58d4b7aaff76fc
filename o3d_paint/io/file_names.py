"""Names of files made from names of classes and photos, which may hold anything."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

__all__ = ["distinct_names", "same_file_key"]

# What some system forbids in names, and what does not show or changes how others do.
_FORBIDDEN = re.compile(
    r'[\x00-\x1f\x7f-\x9f<>:"/\\|?*\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff'
    "\ud800-\udfff]"
)
_RESERVED = re.compile(
    r"(con|prn|aux|nul|conin\$|conout\$|(com|lpt)[0-9\u00b9\u00b2\u00b3])(\..*)?", re.IGNORECASE
)
"""Devices of Windows, whatever ending follows. Source: Microsoft's page on naming files."""


def distinct_names(
    names: Sequence[str],
    *,
    longest: int,
    marks: Sequence[str],
    taken: Iterable[str] = (),
) -> list[str]:
    """Return a name for each that any system takes, and no disk takes for another's.

    Args:
        names: As they are called; what no system forbids is kept.
        longest: Bytes that a name may have, without its mark.
        marks: For each, what goes behind a name that is not its own alone.
        taken: Names that none may get.
    """
    used = {same_file_key(name) for name in taken}
    found = []
    for name, mark in zip(names, marks, strict=True):
        safe = _safe(name, longest)
        if not safe or same_file_key(safe) in used:
            safe += mark
        while same_file_key(safe) in used:
            safe += "_"
        used.add(same_file_key(safe))
        found.append(safe)
    return found


def same_file_key(name: str) -> str:
    """Return what is equal for names that a disk may take for one: by case or by composition."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _safe(name: str, longest: int) -> str:
    """Return a name with nothing in it that some system refuses; "" where nothing is left."""
    plain = _FORBIDDEN.sub("_", name).strip(". ")
    short = plain.encode()[:longest].decode("utf-8", "ignore").rstrip(". ")
    return f"_{short}" if _RESERVED.fullmatch(short) else short
