"""What an importer hands over: the parts of a scene as a file has them, checked one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from o3d_paint.core.arrays import FloatArray, IdArray, RgbArray
from o3d_paint.core.scene import Frame

__all__ = ["READING_OPTIONS", "Capture", "Convention", "ImportOptions", "Importer"]

READING_OPTIONS = ("images", "axes", "intrinsics", "depth_unit", "invalid_depth", "model")
"""Options that mean something to some formats only; where they do not, the user is told."""

Convention = Literal["w2c", "c2w"]
"""Direction of a file's poses: world to camera, or camera to world."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What a user can tell an importer.

    Attributes:
        images: Folder of the photos, where the file lacks them or has them small.
        convention: Direction of the poses; None takes the format's own.
        axes: Camera axes, "cv" (y down, z forward) or "gl" (y up, z backward); None takes the
            format's own.
        intrinsics: fx, fy, cx, cy of the depth maps in pixels; None takes the file's.
        depth_unit: Scene units of one step of a depth value; None takes the format's own.
        invalid_depth: Depth value that means unknown, besides 0; None takes the format's own.
        every: Takes every k-th photo of a sequence.
        model: Number of the model of a COLMAP workspace; None takes the largest.
        cloud: File with a cloud of its own, labelled instead of the depths' points.
        memory_limit: Bytes that the scene may take; None allows most of the free memory.
    """

    images: Path | None = None
    convention: Convention | None = None
    axes: Literal["cv", "gl"] | None = None
    intrinsics: tuple[float, float, float, float] | None = None
    depth_unit: float | None = None
    invalid_depth: int | None = None
    every: int = 1
    model: int | None = None
    cloud: Path | None = None
    memory_limit: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Capture:
    """Photos and points as a file has them.

    Attributes:
        name: For titles and file names.
        frames: Posed photos; poses as the format defines them.
        convention: Direction in which the file holds them, by the format's definition.
        xyz: (N, 3) points, or None where they are to be made from the depths.
        rgb: (N, 3) uint8 colours of the points; None where the file has none.
        notes: What the importer noticed, one sentence each.
        labels: (N,) class ids of the points, 0 where none; None where the file has none.
        label_names: Names of those ids.
        up: (x, y, z) that points up, where the file says it.
        is_settled: Whether the file says for certain in which direction its poses run.
        axes: Camera axes, "cv" or "gl", that the file has; a pose is turned round with them.
        on_reversal: What to say where photos agree on the other direction than `convention`.
    """

    name: str
    frames: tuple[Frame, ...]
    convention: Convention
    xyz: FloatArray | None = None
    rgb: RgbArray | None = None
    notes: tuple[str, ...] = field(default=())
    labels: IdArray | None = None
    label_names: Mapping[int, str] = field(default_factory=dict)
    up: tuple[float, float, float] | None = None
    is_settled: bool = False
    axes: Literal["cv", "gl"] = "cv"
    on_reversal: str = "The format says otherwise."


@dataclass(frozen=True, slots=True)
class Importer:
    """A way to read scenes.

    Attributes:
        title: What it reads, for people.
        recognizes: Looks at a file or folder, not at its name.
        read: Reads it; raises a `PaintError` where it is broken.
        uses: Names of those of `READING_OPTIONS` that it follows.
    """

    title: str
    recognizes: Callable[[Path], bool]
    read: Callable[[Path, ImportOptions], Capture]
    uses: tuple[str, ...] = ()
