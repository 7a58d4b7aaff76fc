"""What the user said about a scene, kept with its project: it opens again as it was painted."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from o3d_paint.core.distances import PRESETS
from o3d_paint.errors import PaintError
from o3d_paint.io.files import reading
from o3d_paint.io.scene import LoadOptions
from o3d_paint.project.document_in import document_in
from o3d_paint.project.noted_paths import found_again

__all__ = ["SETTING", "completed_options", "kept_options"]

SETTING = "scene_options"
_PATHS = ("images", "cloud")
# Of the machine, and of masks that are read once: what is painted lies as its photo does.
_NOT_KEPT = ("memory_limit", "turn_masks")
_WORDS = {"convention": ("w2c", "c2w"), "axes": ("cv", "gl"), "preset": tuple(PRESETS)}
_TEXTS = (*_PATHS, "format_name")
_COUNTS = ("invalid_depth", "every", "first_id", "model")
_LISTS = ("ignore",)
_LARGEST = 1e12
_LENGTHS = {"up": 3, "intrinsics": 4}


def kept_options(options: LoadOptions) -> dict[str, Any] | None:
    """Return what to keep of options, in JSON's types; None where nothing was said."""
    plain = LoadOptions()
    said = {f.name: getattr(options, f.name) for f in fields(LoadOptions)}
    kept = {k: v for k, v in said.items() if k not in _NOT_KEPT and v != getattr(plain, k)}
    for name in _PATHS:
        if name in kept:
            kept[name] = str(kept[name].absolute())
    return {k: list(v) if isinstance(v, tuple) else v for k, v in kept.items()} or None


def completed_options(options: LoadOptions, folder: Path) -> LoadOptions:
    """Return options with what a project remembers of those that were not given.

    Args:
        options: What the user says now, which goes before.
        folder: Of the project, which need not be there.
    """
    kept: Any = None
    with suppress(PaintError, OSError), reading(folder):
        kept = document_in(folder).settings.get(SETTING)
    if not isinstance(kept, Mapping):
        return options
    plain = LoadOptions()
    known = {f.name for f in fields(LoadOptions)} - {*_NOT_KEPT}
    chosen: dict[str, Any] = {}
    for name, value in kept.items():
        if name not in known or getattr(options, name) != getattr(plain, name):
            continue
        if not _is_sound(name, value):
            continue
        chosen[name] = tuple(value) if isinstance(value, list) else value
        if name in _PATHS:
            # Where it is found no more, the noted place is what the message names.
            chosen[name] = found_again(str(value), folder) or Path(str(value))
    # One confidence rule at most.
    if options.conf_thresh is not None or "conf_thresh" in chosen:
        chosen.pop("conf_percentile", None)
    if options.conf_percentile is not None:
        chosen.pop("conf_thresh", None)
    return replace(options, **chosen)


def _is_sound(name: str, value: Any) -> bool:
    """Return whether a value from a file can be that option."""
    if name in _WORDS:
        return value in _WORDS[name]
    if name in _TEXTS:
        return isinstance(value, str)
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(v, str) for v in value)
    if name in _LENGTHS:
        is_list = isinstance(value, list) and len(value) == _LENGTHS[name]
        return is_list and all(_is_number(v) for v in value)
    if name in _COUNTS:
        return isinstance(value, int) and _is_number(value) and value >= (name == "every")
    return _is_number(value)


def _is_number(value: Any) -> bool:
    is_one = isinstance(value, (int, float)) and not isinstance(value, bool)
    return is_one and abs(value) < _LARGEST
