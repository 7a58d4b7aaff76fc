"""Importers of other packages."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container
from dataclasses import replace
from pathlib import Path

from o3d_paint.io.capture import Importer
from o3d_paint.io.plugins import PluginWarning, guarded, installed
from o3d_paint.log_file import record_failure

__all__ = ["plugin_importers"]


def plugin_importers(taken: Container[str]) -> dict[str, Importer]:
    """Return importers of other packages by the names that force them.

    Args:
        taken: Names of the program's own.
    """
    found = installed("o3d_paint.importers", Importer, taken=taken)
    return {
        name: replace(
            importer,
            recognizes=_recognizing(importer, name),
            read=guarded(importer.read, name),
        )
        for name, importer in found.items()
    }


def _recognizing(importer: Importer, name: str) -> Callable[[Path], bool]:
    """Return how an importer recognises files; where it fails, it knows nothing of them."""

    def recognizes(path: Path) -> bool:
        try:
            return bool(importer.recognizes(path))
        except Exception as error:
            # It is asked about files of every kind, most of them none of its business.
            where = record_failure(f"the plug-in {name!r} failed to look at {path}", error)
            end = f"; {where}" if where else ""
            msg = f"the plug-in {name!r} failed to look at {path} ({error}) and is passed over{end}"
            warnings.warn(msg, PluginWarning, stacklevel=2)
            return False

    return recognizes
