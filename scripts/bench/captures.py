"""Captures with truth, as the benches use them: a scene, its pixel indexes, painted photos."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from o3d_paint.core.camera import Camera
from o3d_paint.core.confidence import absolute_rule
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.scene import ArrayPhoto, Frame, PointCloud
from o3d_paint.core.visibility import DepthTolerance, PixelIndex, build_pixel_index
from o3d_paint.fusion.article import ArticleOptions, article_labels
from o3d_paint.fusion.ball import ball_vote
from o3d_paint.io.sample import Sample, SampleOptions, generate_sample
from o3d_paint.io.sample.painter import PainterOptions, paint_photos, spread_photos

STROKE_CONFIDENCE = 0.4


@dataclass(frozen=True)
class Capture:
    """Photos, cloud and truth.

    Attributes:
        name: For tables and caches.
        frames: The posed photos.
        cloud: The points.
        truth: (N,) class of each point, 0 for flying points of no class.
        truth_pixels: (F, H, W) class of each pixel.
        spacing: Median distance to the nearest point.
    """

    name: str
    frames: tuple[Frame, ...]
    cloud: PointCloud
    truth: NDArray[np.uint8]
    truth_pixels: NDArray[np.uint8]
    spacing: float

    def index(self, frame_idx: int) -> PixelIndex:
        """Return what a photo shows, by the rule that the product uses."""
        return build_pixel_index(
            self.frames[frame_idx],
            self.cloud.xyz,
            rule=absolute_rule(STROKE_CONFIDENCE),
            tolerance=DepthTolerance(2 * self.spacing),
            spacing=self.spacing,
        )

    def paint(self, count: int, options: PainterOptions) -> dict[int, NDArray[np.uint16]]:
        """Return masks at photo resolution of so many photos, evenly spread."""
        chosen = spread_photos(len(self.frames), count)
        painted = paint_photos(self.truth_pixels, chosen, options)
        return {index: photo.mask for index, photo in painted.items()}

    def evidence(self, masks: Mapping[int, NDArray[np.uint16]]) -> Evidence:
        """Return the votes of all visible points of the painted photos."""
        frames = []
        for frame_idx, mask in sorted(masks.items()):
            index = self.index(frame_idx)
            h, w = index.shape
            large = cv2.resize(mask, (w, h), interpolation=cv2.INTER_NEAREST_EXACT)
            votes = large.ravel()[index.pixel]
            cast = np.flatnonzero(votes)
            order = cast[np.argsort(index.point[cast])]
            frames.append(FrameVotes(frame_idx, index.point[order], votes[order]))
        return Evidence(len(self.cloud), tuple(frames))

    def border(self, width: float) -> NDArray[np.bool_]:
        """Return (N,) whether a point of another class lies within a distance."""
        near = np.zeros(len(self.cloud), dtype=bool)
        for class_id in np.unique(self.truth[self.truth > 0]):
            mine = np.flatnonzero(self.truth == class_id)
            others = cKDTree(self.cloud.xyz[(self.truth != class_id) & (self.truth > 0)])
            distance, _ = others.query(self.cloud.xyz[mine], distance_upper_bound=width, workers=-1)
            near[mine] = distance <= width
        return near

    def article(
        self, masks: Mapping[int, NDArray[np.uint16]], options: ArticleOptions | None = None
    ) -> tuple[NDArray[np.uint16], NDArray[np.uint16]]:
        """Return the published method's labels: transferred, and fused."""
        pairs = [(self.frames[i], mask) for i, mask in sorted(masks.items())]
        positions = np.array([frame.position for frame in self.frames])
        result = article_labels(self.cloud.xyz, pairs, options, camera_positions=positions)
        return np.where(result.source == 1, result.labels, 0).astype(np.uint16), result.labels

    def nearest_fill(self, labels: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Return labels with every unlabelled point given that of the nearest labelled one."""
        known, filled = labels > 0, labels.copy()
        tree = cKDTree(self.cloud.xyz[known])
        filled[~known] = labels[known][tree.query(self.cloud.xyz[~known], workers=-1)[1]]
        return filled

    def vote_then_nearest(self, transferred: NDArray[np.uint16]) -> NDArray[np.uint16]:
        """Return a 1 cm vote followed by the nearest label."""
        voted = ball_vote(self.cloud.xyz, transferred, radius=0.01, min_neighbors=1)
        return self.nearest_fill(voted)


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
    some = np.random.default_rng(0).choice(len(points), min(20_000, len(points)), replace=False)
    spacing = float(np.median(cKDTree(points).query(points[some], k=2)[0][:, 1]))
    cloud = PointCloud(points, colors)
    return Capture(name, tuple(frames), cloud, truth_points, truth_pixels, spacing)


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
