"""Options that several commands share, each defined once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions

__all__ = [
    "ConventionOption",
    "FormatOption",
    "ImagesOption",
    "MemoryLimitOption",
    "PercentileOption",
    "ProjectOption",
    "QuietOption",
    "SceneArgument",
    "ThresholdOption",
    "UpOption",
    "load_options",
]

_AXES = {
    "x": (1.0, 0.0, 0.0),
    "y": (0.0, 1.0, 0.0),
    "z": (0.0, 0.0, 1.0),
    "-x": (-1.0, 0.0, 0.0),
    "-y": (0.0, -1.0, 0.0),
    "-z": (0.0, 0.0, -1.0),
}
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}

SceneArgument = Annotated[
    Path, typer.Argument(metavar="SCENE", help="Scene file, such as reconstruction_data.npz.")
]
ImagesOption = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="Folder of the photos, where the scene lacks them (mini_npz) or has them small.",
    ),
]
ConventionOption = Annotated[
    str | None,
    typer.Option(
        "--convention",
        metavar="w2c|c2w",
        help="Direction of the poses: world to camera or camera to world. Tested if not given.",
    ),
]
UpOption = Annotated[
    str | None,
    typer.Option(
        "--up", metavar="AXIS", help="What points up: x, y, z, -x, -y, -z or three numbers 0,0,1."
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--conf-thresh",
        help="Trust depth with confidence above this, in the file's own units. Article: 0.4.",
    ),
]
PercentileOption = Annotated[
    float | None,
    typer.Option(
        "--confidence-percentile",
        min=0,
        max=100,
        help="Trust all but the least confident so many per cent of the pixels.",
    ),
]
ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="Project folder; beside the scene as scene.o3dpaint if not given.",
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="Force the scene's format instead of looking at the file."),
]
MemoryLimitOption = Annotated[
    str | None,
    typer.Option(
        "--memory-limit",
        metavar="SIZE",
        help="Memory that a scene may take, such as 24G. Most of the free memory if not given.",
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but errors and what was asked for.")
]


def load_options(
    *,
    images: Path | None = None,
    convention: str | None = None,
    up: str | None = None,
    conf_thresh: float | None = None,
    conf_percentile: float | None = None,
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
    if convention not in (None, "w2c", "c2w"):
        msg = f"--convention must be w2c or c2w, got {convention!r}"
        raise typer.BadParameter(msg)
    return LoadOptions(
        convention=convention,  # type: ignore[arg-type]
        up=None if up is None else _direction(up),
        conf_thresh=conf_thresh,
        conf_percentile=conf_percentile,
        images=images,
        memory_limit=None if memory_limit is None else _size(memory_limit),
        format_name=format_name,
    )


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
