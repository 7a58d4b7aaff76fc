"""Where the files lie that ship with the program: icons, class lists, recorded strokes."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def asset(*parts: str) -> Path:
    """Return the path of a shipped file or folder.

    In a wheel the files lie inside the package, in a checkout beside it.

    Args:
        *parts: Path below the assets folder, such as ``"icons", "brush.png"``.

    Raises:
        FileNotFoundError: The installation lacks the file.
    """
    roots = (_PACKAGE / "_assets", _PACKAGE.parent / "assets")
    for root in roots:
        path = root.joinpath(*parts)
        if path.exists():
            return path
    wanted = "/".join(parts)
    raise FileNotFoundError(f"asset {wanted!r} is in neither {roots[0]} nor {roots[1]}")
