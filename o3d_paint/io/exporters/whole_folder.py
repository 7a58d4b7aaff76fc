"""A folder that is written whole or not at all, and never over one that is there."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from o3d_paint.errors import StorageError
from o3d_paint.io.disk_errors import unwritable
from o3d_paint.io.exporters.labelled import ExportOptions
from o3d_paint.io.part_files import part_folder
from o3d_paint.io.store import make_folder, refuse_overwriting

__all__ = ["whole_folder"]


@contextmanager
def whole_folder(path: Path, options: ExportOptions) -> Iterator[Path]:
    """Make a folder that takes its place when the block ends without an error.

    Args:
        path: Where it belongs.
        options: With what must not be written over.

    Yields:
        The folder to write into.

    Raises:
        StorageError: The folder is there already, or cannot be written.
    """
    refuse_overwriting(path, options.inputs)
    if path.exists():
        msg = f"{path} is there already: remove it or choose another name"
        raise StorageError(msg)
    make_folder(path.parent)
    try:
        with part_folder(path.absolute().parent) as folder:
            beside = folder / path.name
            beside.mkdir()
            yield beside
            os.replace(beside, path)
    except OSError as error:
        raise unwritable(path, error) from error
