"""Exporters of other packages."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

from o3d_paint.io.exporters.labelled import Exporter
from o3d_paint.io.plugins import guarded, installed

__all__ = ["plugin_exporters"]


def plugin_exporters(taken: Container[str]) -> dict[str, Exporter]:
    """Return exporters of other packages by the ending of the files that they write.

    Args:
        taken: Endings that the program itself writes.
    """
    found = installed("o3d_paint.exporters", Exporter, taken=taken)
    return {
        name.lower(): replace(exporter, write=guarded(exporter.write, name))
        for name, exporter in found.items()
    }
