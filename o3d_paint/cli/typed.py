"""What was typed, as the values that a scene is read with."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions

__all__ = ["load_options"]

_AXES = {
    "x": (1.0, 0.0, 0.0),
    "y": (0.0, 1.0, 0.0),
    "z": (0.0, 0.0, 1.0),
    "-x": (-1.0, 0.0, 0.0),
    "-y": (0.0, -1.0, 0.0),
    "-z": (0.0, 0.0, -1.0),
}
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def load_options(
    *,
    images: Path | None = None,
    cloud: Path | None = None,
    convention: str | None = None,
    axes: str | None = None,
    intrinsics: str | None = None,
    depth_unit: str | None = None,
    invalid_depth: int | None = None,
    every: int = 1,
    model: int | None = None,
    up: str | None = None,
    preset: str | None = None,
    conf_thresh: float | None = None,
    conf_percentile: float | None = None,
    turn_masks: str | None = None,
    ignore: list[str] | None = None,
    first_id: int | None = None,
    format_name: str | None = None,
    memory_limit: str | None = None,
) -> LoadOptions:
    """Return the options of a scene from what was typed.

    Raises:
        typer.BadParameter: Something typed makes no sense.
    """
    from o3d_paint.io.scene import LoadOptions

    if conf_thresh is not None and conf_percentile is not None:
        msg = "give --conf-thresh or --confidence-percentile, not both"
        raise typer.BadParameter(msg)
    _one_of("--convention", convention, ("w2c", "c2w"))
    _one_of("--axes", axes, ("cv", "gl"))
    _one_of("--preset", preset, ("object", "indoor", "outdoor"))
    _one_of("--turn-masks", turn_masks, ("none", "exif", "90", "180", "270"))
    return LoadOptions(
        preset=preset,
        convention=convention,  # type: ignore[arg-type]
        axes=axes,  # type: ignore[arg-type]
        up=None if up is None else _direction(up),
        conf_thresh=conf_thresh,
        conf_percentile=conf_percentile,
        images=images,
        cloud=cloud,
        intrinsics=None if intrinsics is None else _intrinsics(intrinsics),
        depth_unit=None if depth_unit is None else _unit(depth_unit),
        invalid_depth=invalid_depth,
        every=every,
        model=model,
        ignore=tuple(p.strip() for text in ignore or () for p in text.split(",") if p.strip()),
        first_id=first_id,
        memory_limit=None if memory_limit is None else _size(memory_limit),
        format_name=format_name,
        turn_masks=turn_masks,
    )


def _one_of(option: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value is not None and value not in allowed:
        msg = f"{option} must be {', '.join(allowed[:-1])} or {allowed[-1]}, got {value!r}"
        raise typer.BadParameter(msg)


def _intrinsics(text: str) -> tuple[float, float, float, float]:
    """Return fx, fy, cx, cy from text; focal lengths may be negative but not 0."""
    try:
        fx, fy, cx, cy = (float(part) for part in text.replace(",", " ").split())
        is_camera = all(abs(v) < float("inf") for v in (fx, fy, cx, cy)) and fx != 0 != fy
    except ValueError:
        is_camera = False
    if not is_camera:
        msg = f"--intrinsics must be four numbers such as 525,525,319.5,239.5, got {text!r}"
        raise typer.BadParameter(msg)
    return fx, fy, cx, cy


def _unit(text: str) -> float:
    """Return a number, or a fraction such as ``1/5000``."""
    over, slash, under = text.partition("/")
    try:
        unit = float(over) / float(under) if slash else float(over)
    except (ValueError, ZeroDivisionError):
        unit = 0.0
    if not 0 < unit < float("inf"):
        msg = f"--depth-unit must be a number above 0 such as 0.001 or 1/5000, got {text!r}"
        raise typer.BadParameter(msg)
    return unit


def _direction(text: str) -> tuple[float, float, float]:
    """Return an axis or three numbers as a direction."""
    axis = _AXES.get(text.strip().lower().removeprefix("+"))
    if axis is not None:
        return axis
    try:
        x, y, z = (float(part) for part in text.split(","))
    except ValueError:
        x = y = z = 0.0
    length = (x * x + y * y + z * z) ** 0.5
    if not 0 < length < float("inf"):
        msg = f"--up must be x, y, z, -x, -y, -z or three numbers such as 0,0,1, got {text!r}"
        raise typer.BadParameter(msg)
    return x, y, z


def _size(text: str) -> int:
    """Return bytes from text such as ``24G``."""
    match = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*([KMGT]?)B?", text.strip().upper())
    if match is None:
        msg = f"--memory-limit must be a size such as 24G or 500M, got {text!r}"
        raise typer.BadParameter(msg)
    return int(float(match[1]) * _UNITS[match[2]])
