"""Commands for Python processes of the program's own, which take nothing from where they start.

``python -m`` and ``python -c`` look for modules in the current folder first, and a received scene
may lie there beside a ``numpy.py``. So a child runs isolated (``-I``: no current folder, none of
Python's variables), and is told where the modules of this process come from: that finds them in
virtual environments, in editable installs and beside a checkout alike.
"""

from __future__ import annotations

import os
import sys

import o3d_paint

__all__ = ["module_folders", "program_command", "python_command"]

_PACKAGE_FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(o3d_paint.__file__)))


def python_command(code: str, *arguments: str) -> list[str]:
    """Return a command that runs code with the modules of this process.

    Args:
        code: Python statements.
        arguments: For ``sys.argv``.
    """
    start = f"import sys\nsys.path[:] = {module_folders()!r}\n{code}"
    flags = ["-I", "-X", f"utf8={sys.flags.utf8_mode}"]
    if sys.flags.dont_write_bytecode:
        flags.append("-B")
    return [sys.executable, *flags, "-c", start, *arguments]


def program_command(*arguments: str) -> list[str]:
    """Return a command that runs ``o3d-paint`` with arguments."""
    code = "sys.argv[0] = 'o3d-paint'\nfrom o3d_paint.cli import main\nmain()"
    return python_command(code, *arguments)


def module_folders() -> list[str]:
    """Return where this process has its modules from, without the current folder.

    That stays only where this very package lies in it, as in a checkout.
    """
    folders = [folder for folder in sys.path if os.path.isabs(folder)]
    return [f for f in folders if _is_same(f, _PACKAGE_FOLDER) or not _is_same(f, os.curdir)]


def _is_same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
