"""Options that several commands share, each defined once.

A command that reads a scene takes all of them through `reads_scene`::

    @reads_scene
    def info(scene: SceneArgument, *, options: LoadOptions) -> None: ...
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.shared import taking
from o3d_paint.cli.typed import load_options

if TYPE_CHECKING:
    from o3d_paint.io.scene import LoadOptions

__all__ = [
    "SCENE_OPTIONS",
    "ConventionOption",
    "FormatOption",
    "ImagesOption",
    "MemoryLimitOption",
    "PercentileOption",
    "PresetOption",
    "ProjectOption",
    "SceneArgument",
    "ThresholdOption",
    "UpOption",
    "flags_given",
    "load_options",
    "reads_scene",
]

FORMATS = (
    "record3d",
    "polycam",
    "stray-scanner",
    "3d-scanner-app",
    "arkitscenes",
    "pi3",
    "estimator",
    "da3-streaming",
    "colmap",
    "nerfstudio",
    "metashape",
    "opensfm",
    "realitycapture",
    "realitycapture-xmp",
    "opf",
    "pix4d",
    "bundler",
    "7scenes",
    "tum",
    "redwood",
    "replica",
    "hololens",
    "scannet",
    "rgbd",
)
"""Names of the importers, in the order in which they look at a file; heavy to ask for."""

_PANEL = "How to read the scene"
_NUMBERS = "What masks and labels mean"
_MAX_INVALID = 2**32 - 1

SceneArgument = Annotated[
    Path,
    typer.Argument(
        metavar="SCENE",
        help="Scene: an NPZ such as reconstruction_data.npz, or the folder of a capture.",
    ),
]
ImagesOption = Annotated[
    Path | None,
    typer.Option(
        "--images",
        metavar="DIR",
        help="Folder of the photos, where the scene lacks them (mini_npz) or has them small.",
        rich_help_panel=_PANEL,
    ),
]
CloudOption = Annotated[
    Path | None,
    typer.Option(
        "--cloud",
        metavar="FILE",
        help="Label this cloud (PLY, PCD, LAS, LAZ, E57, XYZ, NPZ) instead of the depths' points.",
        rich_help_panel=_PANEL,
    ),
]
ConventionOption = Annotated[
    str | None,
    typer.Option(
        "--convention",
        metavar="w2c|c2w",
        help="Direction of the poses: world to camera or camera to world. Tested if not given.",
        rich_help_panel=_PANEL,
    ),
]
AxesOption = Annotated[
    str | None,
    typer.Option(
        "--axes",
        metavar="cv|gl",
        help="Camera axes of a folder's poses: cv has y down and z forward, gl y up, z backward.",
        rich_help_panel=_PANEL,
    ),
]
IntrinsicsOption = Annotated[
    str | None,
    typer.Option(
        "--intrinsics",
        metavar="FX,FY,CX,CY",
        help="Of a folder's depth pictures, in pixels, such as 525,525,319.5,239.5.",
        rich_help_panel=_PANEL,
    ),
]
DepthUnitOption = Annotated[
    str | None,
    typer.Option(
        "--depth-unit",
        metavar="UNIT",
        help="What one step of a folder's depth pictures is: 0.001 (millimetres), 1/5000 …",
        rich_help_panel=_PANEL,
    ),
]
InvalidDepthOption = Annotated[
    int | None,
    typer.Option(
        "--invalid-depth",
        metavar="VALUE",
        min=0,
        max=_MAX_INVALID,
        help="Depth value that means unknown there, beside 0, such as 65535.",
        rich_help_panel=_PANEL,
    ),
]
EveryOption = Annotated[
    int,
    typer.Option(
        "--every",
        metavar="K",
        min=1,
        help="Take only every K-th photo of a folder.",
        rich_help_panel=_PANEL,
    ),
]
ModelOption = Annotated[
    int | None,
    typer.Option(
        "--model",
        metavar="N",
        min=0,
        help="Which model of a COLMAP workspace, sparse/N. The one with most photos if not given.",
        rich_help_panel=_PANEL,
    ),
]
UpOption = Annotated[
    str | None,
    typer.Option(
        "--up",
        metavar="AXIS",
        help="What points up: x, y, z, -x, -y, -z or three numbers 0,0,1.",
        rich_help_panel=_PANEL,
    ),
]
ThresholdOption = Annotated[
    float | None,
    typer.Option(
        "--conf-thresh",
        help="Trust depth with confidence above this, in the file's own units. Article: 0.4.",
        rich_help_panel=_PANEL,
    ),
]
PresetOption = Annotated[
    str | None,
    typer.Option(
        "--preset",
        metavar="object|indoor|outdoor",
        help="Kind of scene: outdoor trusts confidence above 0.6 instead of 0.4 and lets points"
        " vote within 0.15 m instead of 0.05. Other options say otherwise.",
        rich_help_panel=_PANEL,
    ),
]
PercentileOption = Annotated[
    float | None,
    typer.Option(
        "--confidence-percentile",
        min=0,
        max=100,
        help="Trust all but the least confident so many per cent of the pixels.",
        rich_help_panel=_PANEL,
    ),
]
TurnMasksOption = Annotated[
    str | None,
    typer.Option(
        "--turn-masks",
        metavar="none|exif|90|180|270",
        help="How masks are turned onto photos: not at all, back from how EXIF shows the photos, or"
        " clockwise by degrees. Shapes, EXIF and the photos' edges decide if not given.",
        rich_help_panel=_NUMBERS,
    ),
]
IgnoreOption = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="ID[,ID…]",
        help="Numbers, or names, of masks and labels that are no class. none: no number is ignored"
        " because it is the largest of its type (255, 65535).",
        rich_help_panel=_NUMBERS,
    ),
]
FirstIdOption = Annotated[
    int | None,
    typer.Option(
        "--first-id",
        metavar="N",
        min=0,
        help="Number of the first class in masks and labels, which becomes 1; with 0, 0 is a class"
        " and not unlabelled.",
        rich_help_panel=_NUMBERS,
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        metavar="NAME",
        help=f"Take the scene for one of these instead of looking at it: {', '.join(FORMATS)}.",
        autocompletion=lambda: list(FORMATS),
        rich_help_panel=_PANEL,
    ),
]
MemoryLimitOption = Annotated[
    str | None,
    typer.Option(
        "--memory-limit",
        metavar="SIZE",
        help="Memory that a scene may take, such as 24G. Most of the free memory if not given.",
        rich_help_panel=_PANEL,
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
SCENE_OPTIONS: dict[str, tuple[Any, Any]] = {
    "images": (ImagesOption, None),
    "cloud": (CloudOption, None),
    "convention": (ConventionOption, None),
    "axes": (AxesOption, None),
    "intrinsics": (IntrinsicsOption, None),
    "depth_unit": (DepthUnitOption, None),
    "invalid_depth": (InvalidDepthOption, None),
    "every": (EveryOption, 1),
    "model": (ModelOption, None),
    "up": (UpOption, None),
    "preset": (PresetOption, None),
    "conf_thresh": (ThresholdOption, None),
    "conf_percentile": (PercentileOption, None),
    "turn_masks": (TurnMasksOption, None),
    "ignore": (IgnoreOption, None),
    "first_id": (FirstIdOption, None),
    "format_name": (FormatOption, None),
    "memory_limit": (MemoryLimitOption, None),
}


reads_scene = taking("options", SCENE_OPTIONS, load_options)
"""Gives a command every option that says how to read a scene, as ``options: LoadOptions``."""


def flags_given(options: LoadOptions) -> dict[str, bool]:
    """Return by flag whether it was typed, of those that say how to read a scene."""
    from o3d_paint.io.scene import LoadOptions

    plain = LoadOptions()
    other = {"conf_percentile": "confidence-percentile", "format_name": "format"}
    return {
        f"--{other.get(name, name).replace('_', '-')}": getattr(options, name)
        != getattr(plain, name)
        for name in SCENE_OPTIONS
    }
