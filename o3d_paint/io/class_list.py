"""The class list beside labels: ids, names and colours as JSON."""

from __future__ import annotations

from typing import Any

from o3d_paint.core.taxonomy import Taxonomy

__all__ = ["class_list"]


def class_list(taxonomy: Taxonomy) -> dict[str, Any]:
    """Return the classes in order as JSON values; label 0 means unlabelled."""
    classes = [{"id": c.class_id, "name": c.name, "color": list(c.color)} for c in taxonomy]
    return {"unlabelled": 0, "classes": classes}
