"""What was captured: a cloud, and photos with cameras, depth and confidence. All read-only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray, RgbArray, frozen
from o3d_paint.core.camera import Camera, inverse, transform
from o3d_paint.core.confidence import ConfidenceRule
from o3d_paint.core.notebook import oblique_picture, summary_html

__all__ = [
    "ArrayPhoto",
    "CloudOrigin",
    "FileRows",
    "Frame",
    "Photo",
    "PointCloud",
    "Scene",
    "mask_shape",
]

MIN_MASK_LINES = 1080
_Scalar = TypeVar("_Scalar", bound=np.generic)


class Photo(Protocol):
    """A colour picture that may still lie on disk."""

    @property
    def height(self) -> int:
        """Lines of the picture."""

    @property
    def width(self) -> int:
        """Columns of the picture."""

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) sRGB picture."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrayPhoto:
    """A picture in memory.

    Attributes:
        array: (H, W, 3) uint8 sRGB.
        other_turn: EXIF code that lays a picture onto this one that was seen the other way: upright
            where these pixels lie as the camera stored them. 1 where there is no other way.
    """

    array: RgbArray
    other_turn: int = 1

    def __post_init__(self) -> None:
        """Make the array read-only."""
        object.__setattr__(self, "array", frozen(self.array))

    @property
    def height(self) -> int:
        """Lines of the picture."""
        return int(self.array.shape[0])

    @property
    def width(self) -> int:
        """Columns of the picture."""
        return int(self.array.shape[1])

    def pixels(self) -> RgbArray:
        """Return the picture itself."""
        return self.array


def mask_shape(height: int, width: int) -> tuple[int, int]:
    """Return the (H, W) of the mask of a photo: its own size, scaled up to 1080 lines at least."""
    if height >= MIN_MASK_LINES:
        return height, width
    return MIN_MASK_LINES, max(1, round(width * MIN_MASK_LINES / height))


@dataclass(frozen=True, slots=True, eq=False)
class PointCloud:
    """Coloured points.

    Attributes:
        xyz: (N, 3) float64 world coordinates in scene units.
        rgb: (N, 3) uint8 sRGB colours.
    """

    xyz: FloatArray
    rgb: RgbArray

    def __post_init__(self) -> None:
        """Check the shapes and make the arrays read-only.

        Raises:
            ValueError: The arrays are not (N, 3), or differ in length.
        """
        if self.xyz.ndim != 2 or self.xyz.shape[1] != 3 or self.xyz.shape != self.rgb.shape:
            msg = f"xyz and rgb must both be (N, 3), got {self.xyz.shape} and {self.rgb.shape}"
            raise ValueError(msg)
        object.__setattr__(self, "xyz", frozen(np.asarray(self.xyz, dtype=np.float64)))
        object.__setattr__(self, "rgb", frozen(np.asarray(self.rgb, dtype=np.uint8)))

    def __len__(self) -> int:
        """Return the number of points."""
        return len(self.xyz)


@dataclass(frozen=True, slots=True, eq=False)
class FileRows:
    """Where a cloud's points stand in a file some of whose rows hold no point.

    Attributes:
        of_points: (N,) ascending rows, one a point.
        count: Rows of the file.
    """

    of_points: npt.NDArray[np.int64]
    count: int

    def spread(self, values: npt.NDArray[_Scalar], fill: float) -> npt.NDArray[_Scalar]:
        """Return (N, ...) values of points as (count, ...) rows of the file, ``fill`` elsewhere."""
        spread = np.full((self.count, *values.shape[1:]), fill, dtype=values.dtype)
        spread[self.of_points] = values
        return spread


@dataclass(frozen=True, slots=True)
class CloudOrigin:
    """The file that the user gave as the cloud; exports of its format keep what else it holds.

    Its fields stay in the file, which is read again when one is written.

    Attributes:
        path: Absolute.
        kind: Its format, as `o3d_paint.io.clouds.registry.read_cloud` names it.
        count: Rows of the file, those whose point is nowhere too.
        stamp: Its size in bytes and the time of its last change in ns, as it was read.
        columns: Names of its columns in turn, where reading had to find them.
        label_column: Its column of labels; None without, and where no column of its own has them.
        others: What it holds besides points, colours and labels, by its own names.
    """

    path: str
    kind: str
    count: int
    stamp: tuple[int, int]
    columns: tuple[str, ...] = ()
    label_column: str | None = None
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One posed photo.

    Photo, depth, confidence and mask show the same field of view, each at its own resolution;
    ``camera.resized`` fits the camera to any of them.

    Attributes:
        name: Unique within the scene; names the mask file.
        camera: Intrinsics at the size of ``depth`` where there is one, else of the photo.
        cam_from_world: (4, 4) float64, OpenCV axes.
        photo: The colour picture.
        depth: (h, w) float32 z-depth in scene units, 0 or not finite where unknown; or None.
        confidence: (h, w) float32 in the estimator's own units; or None.
    """

    name: str
    camera: Camera
    cam_from_world: FloatArray
    photo: Photo
    depth: FloatArray | None = None
    confidence: FloatArray | None = None

    def __post_init__(self) -> None:
        """Make the arrays read-only.

        Raises:
            ValueError: The pose is not (4, 4), or confidence and depth differ in shape.
        """
        if self.cam_from_world.shape != (4, 4):
            msg = f"cam_from_world must be (4, 4), got {self.cam_from_world.shape}"
            raise ValueError(msg)
        object.__setattr__(self, "cam_from_world", frozen(self.cam_from_world.astype(np.float64)))
        if self.depth is not None:
            object.__setattr__(self, "depth", frozen(self.depth))
        if self.confidence is not None:
            if self.depth is None or self.confidence.shape != self.depth.shape:
                msg = "confidence must have the shape of depth"
                raise ValueError(msg)
            object.__setattr__(self, "confidence", frozen(self.confidence))

    @property
    def world_from_cam(self) -> FloatArray:
        """The (4, 4) inverse of ``cam_from_world``."""
        return inverse(self.cam_from_world)

    @property
    def position(self) -> FloatArray:
        """The (3,) camera centre in world coordinates."""
        center: FloatArray = self.world_from_cam[:3, 3]
        return center

    @property
    def mask_shape(self) -> tuple[int, int]:
        """The (H, W) at which this photo is painted."""
        return mask_shape(self.photo.height, self.photo.width)

    def back_project(self) -> tuple[FloatArray, FloatArray]:
        """Return world points (h*w, 3) of every depth pixel, row-major, and their depths (h*w,).

        Pixels without depth give points at the camera or not finite; filter by the depths.

        Raises:
            ValueError: The frame has no depth.
        """
        if self.depth is None:
            msg = f"frame {self.name!r} has no depth"
            raise ValueError(msg)
        h, w = self.depth.shape
        v, u = np.mgrid[0:h, 0:w].reshape(2, -1)
        depth = self.depth.ravel().astype(np.float64)
        points_cam = self.camera.resized(w, h).unproject(np.stack([u, v], axis=1), depth)
        return transform(self.world_from_cam, points_cam), depth


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Scene:
    """Everything that is known before the first stroke.

    Attributes:
        name: For titles and file names.
        cloud: The points that get labels; their order is the order of every export.
        frames: The posed photos.
        rule: Which depth pixels are trusted.
        spacing: Median distance of a point to its nearest neighbour, in scene units.
        up: (3,) unit vector that points up in the world.
        metric: Whether one unit is plausibly one metre.
        notes: What the importer found and did, one sentence each, for people.
        labels: (N,) class ids that the cloud came with, 0 where none; None where it had none.
        label_names: Names of those ids, where the file has them.
        preset: What kind of scene the user calls it, a key of `PRESETS`; None where unsaid.
        sources: Names of the files that it was read from, which no output may replace.
        rows: Where the points stand in their file; None where each of its rows is a point.
        turn_masks: How the user says that masks are turned onto photos; None where unsaid.
        origin: The file of the cloud, where the user gave one; None elsewhere.
    """

    name: str
    cloud: PointCloud
    frames: tuple[Frame, ...]
    rule: ConfidenceRule
    spacing: float
    up: FloatArray
    metric: bool
    notes: tuple[str, ...] = field(default=())
    labels: IdArray | None = None
    label_names: Mapping[int, str] = field(default_factory=dict)
    preset: str | None = None
    sources: tuple[str, ...] = ()
    rows: FileRows | None = None
    turn_masks: str | None = None
    origin: CloudOrigin | None = None

    def __repr__(self) -> str:
        """Return name and sizes, not the arrays."""
        return f"<Scene {self.name!r}: {len(self.cloud):,} points, {len(self.frames)} photos>"

    def _repr_html_(self) -> str:
        """Return what a notebook shows: facts and a picture of the cloud."""
        unit = "m" if self.metric else "units of unknown length"
        facts = {
            "points": f"{len(self.cloud):,}",
            "photos": f"{len(self.frames):,}",
            "spacing": f"{self.spacing:.3g} {unit}",
            "depth": self.rule.reason,
            **{f"note {i}": note for i, note in enumerate(self.notes, start=1)},
        }
        picture = oblique_picture(self.cloud.xyz, self.cloud.rgb, self.up)
        return summary_html(f"Scene {self.name}", facts, picture)
