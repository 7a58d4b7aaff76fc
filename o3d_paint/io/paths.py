"""Names inside files that somebody else made: they never lead out of their folder."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.files import require_inside

__all__ = ["existing", "inside", "present"]

_FOLDERS_KEPT = 64


def inside(folder: Path, name: str, source: Path) -> Path:
    """Return the path of a name that a file mentions, symbolic links followed.

    Args:
        folder: Where the name belongs; slashes of either kind may lead into sub-folders.
        name: As the file has it.
        source: The file that mentions it, for messages.

    Raises:
        FormatError: It would lead out of the folder, or cannot be a file name.
    """
    if _names_a_computer(name) and not _names_a_computer(str(folder)):
        msg = f"{source} names the file {name[:80]!r} on another computer: it is not asked"
        raise FormatError(msg)
    require_inside(folder)
    try:
        root = folder.resolve()
        path = (root / name.replace("\\", "/")).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        msg = f"{source} names the file {name[:80]!r}, which cannot be a name"
        raise FormatError(msg) from error
    if not path.is_relative_to(root) or path == root:
        msg = f"{source} names the file {name[:80]!r}, which lies outside {folder}: it is not read"
        raise FormatError(msg)
    return path


def _names_a_computer(name: str) -> bool:
    """Return whether a name begins with a host, where Windows would sign in by itself."""
    return name.replace("\\", "/").startswith("//")


def existing(folder: Path, name: str, source: Path) -> Path | None:
    """Return the file of a name that a file mentions, as `inside` does; None where there is none.

    Capitals, and how accents are composed, count only where several files differ in nothing else:
    Windows and macOS do not tell such names apart.

    Raises:
        FormatError: It would lead out of the folder.
    """
    path = inside(folder, name, source)
    found = present(path)
    if found is None:
        root = folder.resolve()
        alike = _alike(root, path.relative_to(root).parts)
        # What is alike may be a link that leads elsewhere.
        found = None if alike is None else present(inside(root, str(alike), source))
    return found


def present(path: Path) -> Path | None:
    """Return a path if it is a file; a name longer than the system allows is that of none."""
    try:
        return path if path.is_file() else None
    except OSError:
        return None


def _alike(root: Path, parts: tuple[str, ...]) -> Path | None:
    """Return the one path below a folder whose parts differ in capitals only; None else."""
    found = Path()
    for part in parts:
        names = _names_in(root / found, _changed(root / found)).get(_folded(part), ())
        chosen = part if part in names else names[0] if len(names) == 1 else None
        if chosen is None:
            return None
        found /= chosen
    return found


@lru_cache(maxsize=_FOLDERS_KEPT)
def _names_in(folder: Path, _changed: int) -> dict[str, tuple[str, ...]]:
    """Return the names in a folder by what they are without capitals."""
    names: dict[str, tuple[str, ...]] = {}
    try:
        for path in folder.iterdir():
            folded = _folded(path.name)
            names[folded] = (*names.get(folded, ()), path.name)
    except OSError:
        return {}
    return names


def _changed(folder: Path) -> int:
    """Return when a folder last changed, by which a list of it is known to be old."""
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()
