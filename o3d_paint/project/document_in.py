"""The document of a project folder of any format, for who looks at nothing else."""

from __future__ import annotations

import os
from pathlib import Path

from o3d_paint.project.database import NAME
from o3d_paint.project.document import Document, read_old_document
from o3d_paint.project.old_layout import OldLayout
from o3d_paint.project.opened_database import opened
from o3d_paint.project.rows import read_document_row

__all__ = ["document_in"]


def document_in(folder: Path) -> Document:
    """Return what a project says of itself, as it was saved last.

    Raises:
        FormatError: There is none, or it is damaged.
        ProjectError: A newer version of the program wrote it.
    """
    database, old = folder / NAME, OldLayout(folder)
    if not os.path.lexists(database) and old.is_there:
        return read_old_document(old.document)
    with opened(database) as found:
        return read_document_row(found, str(database))[0]
