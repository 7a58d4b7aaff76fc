"""The system's clipboard, which Open3D lacks: by the program that each system has for it."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

__all__ = ["copy_text", "has_clipboard"]

_LINUX = (
    ("wl-copy",),
    ("xclip", "-selection", "clipboard"),
    ("xsel", "--clipboard", "--input"),
)
_PROGRAMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "Darwin": (("pbcopy",),),
    "Windows": (("clip",),),
}
_TIMEOUT_S = 3.0


def has_clipboard() -> bool:
    """Return whether some program that takes a text is installed."""
    commands = _PROGRAMS.get(platform.system(), _LINUX)
    return any(_program(command[0]) is not None for command in commands)


def copy_text(text: str) -> bool:
    """Copy a text; returns whether some program took it."""
    system = platform.system()
    # Windows' own program reads UTF-16 with a mark, all others UTF-8.
    data = text.encode("utf-16" if system == "Windows" else "utf-8")
    for command in _PROGRAMS.get(system, _LINUX):
        program = _program(command[0])
        if program is None:
            continue
        try:
            # xclip stays behind to serve the selection: its output must not be waited for.
            done = subprocess.run(
                (program, *command[1:]),
                input=data,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            continue
        if done.returncode == 0:
            return True
    return False


def _program(name: str) -> str | None:
    """Return where a program is; never in the current folder, where Windows looks first."""
    if platform.system() != "Windows":
        return shutil.which(name)
    path = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", f"{name}.exe")
    return str(path) if path.is_file() else None
