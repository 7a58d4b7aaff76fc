"""What can be wrong with a user's data, as exceptions that are caught once.

The command line prints the message and exits with code 1; the window shows it and goes on.
A message is one sentence that names the file, the field, what was found, what was expected
and what to do about it. A wrong call by a programmer is a `ValueError` instead.
"""

from __future__ import annotations

from o3d_paint.plain_text import printable


class PaintError(Exception):
    """Something about the user's data or machine that the user can put right."""

    def __str__(self) -> str:
        """Return the sentence in one line, whatever names it quotes."""
        return printable(super().__str__())


class SceneError(PaintError):
    """A scene whose parts do not fit together: cameras, photos, depth or points."""


class FormatError(PaintError):
    """A file that is not what its name or header says."""


class ProjectError(PaintError):
    """A project folder that cannot be read, written, or belongs to another scene."""


class StorageError(PaintError):
    """A file that cannot be written: disk full or read-only, folder gone, or an input itself."""


class TaxonomyError(PaintError):
    """A class list that contradicts itself, or a class id that is not in it."""


class MissingExtraError(PaintError):
    """A file format whose optional library is not installed."""


class DisplayError(PaintError):
    """A machine on which no window can be opened: driver, library or display missing."""
