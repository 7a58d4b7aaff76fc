"""O3D Paint: paint photos, watch the 3D scene become labelled."""

from __future__ import annotations

__version__ = "0.1.0"
