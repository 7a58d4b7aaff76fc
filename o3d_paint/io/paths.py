"""Names inside files that somebody else made: they never lead out of their folder."""

from __future__ import annotations

from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.files import require_inside

__all__ = ["existing", "inside"]


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

    Raises:
        FormatError: It would lead out of the folder.
    """
    path = inside(folder, name, source)
    try:
        return path if path.is_file() else None
    except OSError:
        # A name longer than the system allows is the name of no file.
        return None
