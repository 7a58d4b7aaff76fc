"""The published method, exactly: the reference that everything else is measured against.

F. Poux, "3D point cloud labeling in Python" (3D Geodata Academy; code MIT): back-project the
painted pixels of each photo, give each label to the nearest point of the cloud, let a ball query
vote for the rest. Labels are those of one KD-tree with `query` and `query_ball_point`, found
faster. Where two points are equally near, that tree decides, since only it knows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from time import perf_counter

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.camera import transform
from o3d_paint.core.cells import Cells, Keys, Lattice, may_be_near
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import Frame
from o3d_paint.fusion.ball import ball_vote

__all__ = ["ArticleOptions", "ArticleResult", "article_labels"]

_PAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleOptions:
    """The method's constants, in scene units (the article's are metres).

    Attributes:
        conf_thresh: A painted pixel counts with a confidence above this.
        tolerance: A projected point labels the nearest point if closer than this.
        max_camera_distance: Labels farther than this from every camera are dropped.
        max_distance: Radius of the ball that votes.
        min_neighbors: Fewest labelled points in the ball.
        batch_size: Points voted on at a time; labels do not depend on it.
    """

    conf_thresh: float = 0.4
    tolerance: float = 0.01
    max_camera_distance: float = 5.0
    max_distance: float = 0.05
    min_neighbors: int = 3
    batch_size: int = 100_000


@dataclass(frozen=True, slots=True, eq=False)
class ArticleResult:
    """Labels of the published method.

    Attributes:
        labels: (N,) class ids, 0 where unlabelled.
        source: (N,) uint8 as in `o3d_paint.core.label_source`.
        seconds: Time of each stage.
    """

    labels: IdArray
    source: npt.NDArray[np.uint8]
    seconds: dict[str, float]


def article_labels(
    scene_xyz: FloatArray,
    frames_with_masks: Iterable[tuple[Frame, IdArray]],
    options: ArticleOptions | None = None,
    *,
    camera_positions: FloatArray | None = None,
    progress: Progress | None = None,
) -> ArticleResult:
    """Label a cloud from painted photos by the published method.

    Args:
        scene_xyz: (N, 3) points of the cloud.
        frames_with_masks: Painted photos in order, each with its mask (H, W) of any resolution.
        options: The method's constants.
        camera_positions: (F, 3) centres of all cameras of the scene; those of the painted photos
            where not given.
        progress: Told how far it is.

    Raises:
        ValueError: A painted frame has no depth, or an option is not positive.
    """
    options = options or ArticleOptions()
    if not options.tolerance > 0:
        msg = f"tolerance must be positive, got {options.tolerance!r}"
        raise ValueError(msg)
    started = perf_counter()
    xyz = np.ascontiguousarray(scene_xyz, dtype=np.float64)
    painted, positions = [], []
    # One after another: hundreds of plain masks need not be there at the same time.
    for frame, mask in frames_with_masks:
        painted.append(_project(frame, mask, options.conf_thresh))
        positions.append(frame.position)
    projected = perf_counter()
    labels = _transfer(xyz, painted, options.tolerance)
    if camera_positions is None:
        camera_positions = np.array(positions).reshape(-1, 3)
    _drop_far(labels, xyz, camera_positions, options.max_camera_distance)
    transferred = perf_counter()
    if progress is not None:
        progress(0.1, "transferring")
    fused = ball_vote(
        xyz,
        labels,
        radius=options.max_distance,
        min_neighbors=options.min_neighbors,
        batch_size=options.batch_size,
        progress=None if progress is None else lambda f, stage: progress(0.1 + 0.9 * f, stage),
    )
    source = np.where(labels > 0, 1, np.where(fused > 0, 2, 0)).astype(np.uint8)
    seconds = {
        "project": projected - started,
        "transfer": transferred - projected,
        "vote": perf_counter() - transferred,
    }
    return ArticleResult(fused, source, seconds)


def _project(frame: Frame, mask: IdArray, conf_thresh: float) -> tuple[FloatArray, IdArray]:
    """Return the world points (K, 3) of confident labelled pixels, row-major, and labels (K,)."""
    if frame.depth is None:
        msg = f"frame {frame.name!r} has no depth to back-project"
        raise ValueError(msg)
    h, w = frame.depth.shape
    rows = (2 * np.arange(h) + 1) * mask.shape[0] // (2 * h)
    columns = (2 * np.arange(w) + 1) * mask.shape[1] // (2 * w)
    classes = mask[rows[:, None], columns[None, :]]
    keep = (classes > 0) & np.isfinite(frame.depth)
    if frame.confidence is not None:
        keep &= frame.confidence > conf_thresh
    v, u = np.nonzero(keep)
    depth = frame.depth[v, u].astype(np.float64)
    points_cam = frame.camera.resized(w, h).unproject(np.stack([u, v], axis=1), depth)
    return transform(frame.world_from_cam, points_cam), classes[v, u].astype(np.uint16)


def _transfer(
    xyz: FloatArray, painted: Sequence[tuple[FloatArray, IdArray]], tolerance: float
) -> IdArray:
    """Return (N,) labels: each projected point labels its nearest point, later ones win."""
    from o3d_paint.core.kernels.cells import bounds, nearest

    labels = np.zeros(len(xyz), dtype=np.uint16)
    if not len(xyz) or not any(len(p) for p, _ in painted):
        return labels
    lattice = Lattice.around(xyz, tolerance, pad=_PAD)
    lowest, highest = bounds(xyz)
    low, high = lowest - tolerance, highest + tolerance
    points = np.concatenate([p for p, _ in painted])
    values = np.concatenate([v for _, v in painted])
    within = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))
    points, values = points[within], values[within]
    near = np.flatnonzero(may_be_near(xyz, points, tolerance))
    cells = Cells.group(lattice.keys(xyz[near]))
    order = near[cells.order]
    found, tied = nearest(
        points, xyz[order], order, cells.keys, cells.starts, lattice.origin, tolerance, _PAD,
        lattice.shape,
    )  # fmt: skip
    _ask_tree(xyz, points, found, tied, tolerance)
    hit = found >= 0
    labels[found[hit]] = values[hit]
    return labels


def _ask_tree(
    xyz: FloatArray, points: FloatArray, found: Keys, tied: npt.NDArray[np.bool_], tolerance: float
) -> None:
    """Let the published method's own tree choose where several points are equally near."""
    if not tied.any():
        return
    from scipy.spatial import cKDTree

    distance, winner = cKDTree(xyz).query(points[tied])
    found[tied] = np.where(distance < tolerance, winner, -1)


def _drop_far(
    labels: IdArray, xyz: FloatArray, camera_positions: FloatArray, max_distance: float
) -> None:
    """Unlabel, in place, the points that are too far from every camera."""
    from o3d_paint.core.kernels.cells import out_of_reach

    labelled = np.flatnonzero(labels)
    centers = np.asarray(camera_positions, dtype=np.float64)
    labels[labelled[out_of_reach(xyz, labelled, centers, max_distance)]] = 0
