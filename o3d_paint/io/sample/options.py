"""What a sample scene is asked for, and what it is."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

BASE_PLATE, WALLS, ROOF, FIGURES, ACCESSORIES, TABLE = 1, 2, 3, 4, 5, 6

CLASS_NAMES: dict[int, str] = {
    BASE_PLATE: "base plate",
    WALLS: "walls",
    ROOF: "roof",
    FIGURES: "figures",
    ACCESSORIES: "accessories",
    TABLE: "table",
}
"""The article's five classes in its order, and the table that the toy stands on."""

CLOUD_CONFIDENCE = 0.5
"""The cloud holds the pixels above this confidence."""


@dataclass(frozen=True, slots=True)
class SampleOptions:
    """Everything that a sample scene depends on; equal options give equal bytes.

    Attributes:
        seed: Moves figures and cameras, and draws all noise.
        size: Side of the base plate in metres; everything but the depth noise scales with it.
        photos: Number of photos, dealt to the houses in turn.
        resolution: Width and height of each photo in pixels.
        noise: Factor on depth noise and on the bias of each photo; 0 gives exact depth.
        mono: Gives every class the same base colour; texture and shading stay.
        fade: Share 0..1 by which base colours move towards that one colour.
        houses: Number of assemblies, on a square grid.
        pitch: Distance between neighbouring assemblies, in sizes.
        shadows: Casts sun shadows and sky occlusion; False is plain Lambert, and faster.
        smooth: Samples edges four times, so that photos have no stairs.
        poses: ``cam_from_world`` of each photo, (photos, 4, 4), instead of the orbit.
    """

    seed: int = 0
    size: float = 2.0
    photos: int = 15
    resolution: int = 518
    noise: float = 1.0
    mono: bool = False
    fade: float = 0.0
    houses: int = 1
    pitch: float = 3.4
    shadows: bool = True
    smooth: bool = True
    poses: NDArray[np.float64] | None = field(default=None, compare=False)

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            ValueError: A value is outside its range.
        """
        for name, lowest in (("photos", 1), ("resolution", 16), ("houses", 1)):
            if getattr(self, name) < lowest:
                raise ValueError(f"{name} must be at least {lowest}, got {getattr(self, name)}")
        if not self.size > 0:
            raise ValueError(f"size must be positive, got {self.size}")
        if self.noise < 0:
            raise ValueError(f"noise must not be negative, got {self.noise}")
        if not 0 <= self.fade <= 1:
            raise ValueError(f"fade must lie in 0..1, got {self.fade}")
        if self.poses is not None and np.shape(self.poses) != (self.photos, 4, 4):
            raise ValueError(
                f"poses must have shape ({self.photos}, 4, 4), got {np.shape(self.poses)}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A scene with its truth. F photos of H × W pixels, P points; world z is up, metres.

    Attributes:
        photos: (F, H, W, 3) uint8, sRGB.
        depth: (F, H, W) float32, z-depth in metres with noise; 0 where there is none.
        confidence: (F, H, W) float32 in 0..1; 0 where there is no depth.
        intrinsics: (F, 3, 3) float32, integer (u, v) at pixel centres.
        extrinsics: (F, 3, 4) float32, world to camera, OpenCV axes.
        truth_pixels: (F, H, W) uint8, class of the surface each pixel shows, 0 background.
        points: (P, 3) float64, pixels above `CLOUD_CONFIDENCE`, photo by photo, row by row.
        colors: (P, 3) uint8.
        truth_points: (P,) uint8, class of each point.
        pixel_of_point: (P,) int64, index of each point into a flat (F, H, W) array.
        true_depth: (F, H, W) float32, z-depth without noise; 0 where there is none.
    """

    photos: NDArray[np.uint8]
    depth: NDArray[np.float32]
    confidence: NDArray[np.float32]
    intrinsics: NDArray[np.float32]
    extrinsics: NDArray[np.float32]
    truth_pixels: NDArray[np.uint8]
    points: NDArray[np.float64]
    colors: NDArray[np.uint8]
    truth_points: NDArray[np.uint8]
    pixel_of_point: NDArray[np.int64]
    true_depth: NDArray[np.float32]
