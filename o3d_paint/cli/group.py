"""The top of the command line: a scene without a command opens the window; errors are sentences."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup

from o3d_paint import system_packages
from o3d_paint.errors import PaintError
from o3d_paint.io.disk_errors import disk_sentence
from o3d_paint.plain_text import printable

__all__ = ["SceneFirstGroup"]

_OWN_OPTIONS = (
    "-h",
    "--help",
    "--version",
    "--install-completion",
    "--show-completion",
)
_TO_STDOUT = ("--json", "--csv")
"""Options whose file may be left out at the end and before other options: standard output then."""
_OTHER_WORDS = {
    "convert": "import",
    "evaluate": "eval",
    "help": "--help",
    "label": "fuse",
    "labels": "export",
    "save": "export",
    "statistics": "stats",
    "turntable": "render",
    "version": "--version",
}
"""What people type for a command that is called otherwise."""


class SceneFirstGroup(TyperGroup):
    """Commands, and ``open`` where the first word is none of them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``open`` before arguments that begin with no command."""
        if not ctx.resilient_parsing and (
            not args or (args[0] not in self.commands and args[0] not in _OWN_OPTIONS)
        ):
            if args and _is_bare_word(args[0]):
                ctx.fail(self._no_such_command(args[0]))
            args = ["open", *args]
        rest: list[str] = super().parse_args(ctx, _with_stdout(args))
        return rest

    def _no_such_command(self, word: str) -> str:
        """Return what to say of a first word that is neither a command nor a file."""
        folded = word.casefold()
        close = get_close_matches(folded, self.commands, n=1)
        meant = _OTHER_WORDS.get(folded) or (close[0] if close else None)
        if meant is None:
            hint = "o3d-paint --help lists the commands"
        else:
            hint = f"did you mean o3d-paint {meant}?"
        return f"There is no command {word!r}, and no file or folder of that name: {hint}"

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        """Read the command line; what it is told about a mistake can be shown."""
        with _printable_mistakes():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what the user can put right is one sentence and exit code 1."""
        try:
            with _printable_mistakes():
                return super().invoke(ctx)
        except (PaintError, MemoryError, ImportError, OSError) as error:
            sentence = _sentence(error)
            if sentence is None:
                raise
            cause = error
        typer.secho(f"o3d-paint: {printable(sentence)}", err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from cause


def _is_bare_word(text: str) -> bool:
    """Return whether a first word looks like a command rather than like a scene."""
    is_path = any(sign in text for sign in "./\\")
    return bool(text) and not text.startswith("-") and not is_path and not Path(text).exists()


def _with_stdout(args: list[str]) -> list[str]:
    """Return the arguments with ``-`` where the file of such an option is left out."""
    whole: list[str] = []
    for i, word in enumerate(args):
        whole.append(word)
        following = args[i + 1] if i + 1 < len(args) else "--"
        if word in _TO_STDOUT and following.startswith("-") and following != "-":
            whole.append("-")
    return whole


def _sentence(error: Exception) -> str | None:
    """Return what went wrong as one sentence; None where it is the program's own fault."""
    if isinstance(error, PaintError):
        return str(error)
    if isinstance(error, MemoryError):
        return "there is not enough memory for this: close other programs or use a smaller scene"
    # OpenCV and Open3D are linked against libraries that only the system has.
    if isinstance(error, (ImportError, OSError)):
        soname = system_packages.missing_library_named_by(error)
        if soname is not None:
            return f"{soname} is missing; {system_packages.remedy_for(soname)}"
    # Who reads from a pipe may go away: that is for click.
    if isinstance(error, OSError) and error.errno not in (None, errno.EPIPE):
        return disk_sentence(error)
    return None


@contextmanager
def _printable_mistakes() -> Iterator[None]:
    """Make what quotes the command line printable: a shell may have put names of files there."""
    try:
        yield
    except Exception as error:
        # An error of click, which typer brings under a name of its own or not.
        text = getattr(error, "message", None)
        if hasattr(error, "format_message") and isinstance(text, str):
            setattr(error, "message", "\n".join(map(printable, text.splitlines())))  # noqa: B010
        raise
