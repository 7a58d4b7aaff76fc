"""Captures with truth, as the benches use them: photos, cloud, painted photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud, Scene
from o3d_paint.fusion.article import ArticleOptions, article_labels
from o3d_paint.io.sample import Sample, SampleOptions, generate_sample
from o3d_paint.io.sample.painter import PainterOptions, paint_photos, spread_photos
from o3d_paint.io.scene import load_scene

BORDER = 0.03


@dataclass(frozen=True)
class Capture:
    """Photos, cloud and truth.

    Attributes:
        name: For tables and caches.
        frames: The posed photos.
        cloud: The points.
        truth: (N,) class of each point, 0 for flying points of no class.
        truth_pixels: (F, H, W) class of each pixel.
    """

    name: str
    frames: tuple[Frame, ...]
    cloud: PointCloud
    truth: NDArray[np.uint8]
    truth_pixels: NDArray[np.uint8]

    @cached_property
    def scene(self) -> Scene:
        """The scene as the program reads it from a file."""
        with TemporaryDirectory() as folder:
            path = Path(folder) / "scene.npz"
            self.save(path)
            return load_scene(path)

    def save(self, path: Path) -> None:
        """Write photos and cloud as estimators do."""
        np.savez(
            path,
            points_3d=self.cloud.xyz,
            colors_3d=self.cloud.rgb.astype(np.float32) / np.float32(255),
            depth=np.stack([np.asarray(f.depth) for f in self.frames]),
            conf=np.stack([np.asarray(f.confidence) for f in self.frames]),
            intrinsics=np.stack([f.camera.matrix for f in self.frames]),
            extrinsics=np.stack([f.cam_from_world[:3] for f in self.frames]),
            processed_images=np.stack([f.photo.pixels() for f in self.frames]),
        )

    def paint(self, count: int, options: PainterOptions) -> dict[int, NDArray[np.uint16]]:
        """Return masks at photo resolution of so many photos, evenly spread."""
        chosen = spread_photos(len(self.frames), count)
        painted = paint_photos(self.truth_pixels, chosen, options)
        return {index: photo.mask for index, photo in painted.items()}

    @cached_property
    def border(self) -> NDArray[np.bool_]:
        """(N,) whether a point of another class lies within 3 cm."""
        near = np.zeros(len(self.cloud), dtype=bool)
        for class_id in np.unique(self.truth[self.truth > 0]):
            mine = np.flatnonzero(self.truth == class_id)
            others = cKDTree(self.cloud.xyz[(self.truth != class_id) & (self.truth > 0)])
            distance, _ = others.query(
                self.cloud.xyz[mine], distance_upper_bound=BORDER, workers=-1
            )
            near[mine] = distance <= BORDER
        return near

    def article(
        self, masks: Mapping[int, NDArray[np.uint16]], options: ArticleOptions | None = None
    ) -> NDArray[np.uint16]:
        """Return the published method's labels."""
        pairs = [(self.frames[i], mask) for i, mask in sorted(masks.items())]
        positions = np.array([frame.position for frame in self.frames])
        result = article_labels(self.cloud.xyz, pairs, options, camera_positions=positions)
        return result.labels


def capture(
    name: str,
    *,
    photos: NDArray[np.uint8],
    depth: NDArray[np.float32],
    confidence: NDArray[np.float32],
    intrinsics: NDArray[np.float32],
    extrinsics: NDArray[np.float32],
    truth_pixels: NDArray[np.uint8],
    points: NDArray[np.float64],
    colors: NDArray[np.uint8],
    truth_points: NDArray[np.uint8],
) -> Capture:
    """Make a capture of the arrays of a reconstruction with its truth."""
    frames = []
    for i, photo in enumerate(photos):
        h, w = photo.shape[:2]
        cam_from_world = np.vstack([extrinsics[i], [0, 0, 0, 1]]).astype(np.float64)
        camera = Camera.from_matrix(intrinsics[i], w, h)
        frames.append(
            Frame(f"{i:03d}", camera, cam_from_world, ArrayPhoto(photo), depth[i], confidence[i])
        )
    cloud = PointCloud(points, colors)
    return Capture(name, tuple(frames), cloud, truth_points, truth_pixels)


def of_sample(name: str, sample: Sample) -> Capture:
    """Make a capture of a sample scene."""
    return capture(
        name,
        photos=sample.photos,
        depth=sample.depth,
        confidence=sample.confidence,
        intrinsics=sample.intrinsics,
        extrinsics=sample.extrinsics,
        truth_pixels=sample.truth_pixels,
        points=sample.points,
        colors=sample.colors,
        truth_points=sample.truth_points,
    )


def toy(name: str, options: SampleOptions) -> Capture:
    """Generate the toy assembly."""
    return of_sample(name, generate_sample(options))
