"""Labels for every point from what was painted."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import Literal

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.ball import Progress, ball_vote
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.scene import PointCloud

__all__ = ["FUSED", "NONE", "PAINTED", "FuseOptions", "Fusion", "fuse"]

NONE, PAINTED, FUSED = 0, 1, 2
_UNMEASURED = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class FuseOptions:
    """How labels come about.

    Attributes:
        method: "ball": painted points keep theirs, a ball vote labels the rest.
        max_distance: Radius of the ball in scene units.
        min_neighbors: Fewest labelled points in the ball.
        batch_size: Points voted on between two reports of progress.
        min_confidence: Points less sure than this stay unlabelled.
    """

    method: Literal["ball"] = "ball"
    max_distance: float = 0.05
    min_neighbors: int = 3
    batch_size: int = 100_000
    min_confidence: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Fusion:
    """A label for every point, and how it came about.

    Attributes:
        labels: (N,) class ids, 0 where unlabelled.
        confidence: (N,) float32, 0..1; 0 where unlabelled.
        source: (N,) uint8: 0 none, 1 painted, 2 fused.
        votes: (N,) uint8: photos that voted, 255 for more.
        method: What made it.
        seconds: Time of each stage.
    """

    labels: IdArray
    confidence: FloatArray
    source: npt.NDArray[np.uint8]
    votes: npt.NDArray[np.uint8]
    method: str
    seconds: dict[str, float]


def fuse(
    cloud: PointCloud,
    evidence: Evidence,
    options: FuseOptions | None = None,
    *,
    progress: Progress | None = None,
) -> Fusion:
    """Label every point that the evidence reaches.

    Args:
        cloud: The points.
        evidence: What was painted.
        options: The method and its parameters.
        progress: Told how far it is; may raise to cancel.

    Raises:
        ValueError: An option is out of range, or the evidence belongs to another cloud.
    """
    options = options or FuseOptions()
    if evidence.num_points != len(cloud):
        msg = f"evidence is for {evidence.num_points} points, the cloud has {len(cloud)}"
        raise ValueError(msg)
    return _by_ball(cloud, evidence, options, progress)


def _by_ball(
    cloud: PointCloud, evidence: Evidence, options: FuseOptions, progress: Progress | None
) -> Fusion:
    """Let painted points keep their labels and a ball vote label the rest."""
    started = perf_counter()
    painted, agreement, votes = _painted(evidence)
    labels = ball_vote(
        cloud.xyz,
        painted,
        radius=options.max_distance,
        min_neighbors=options.min_neighbors,
        batch_size=options.batch_size,
        progress=progress,
    )
    confidence = np.where(painted > 0, agreement, _UNMEASURED).astype(np.float32)
    labels[confidence < options.min_confidence] = 0
    confidence[labels == 0] = 0
    source = np.where(labels == painted, PAINTED, FUSED).astype(np.uint8)
    source[labels == 0] = NONE
    return Fusion(labels, confidence, source, votes, "ball", {"vote": perf_counter() - started})


def _painted(evidence: Evidence) -> tuple[IdArray, FloatArray, npt.NDArray[np.uint8]]:
    """Return (N,) painted labels, the share of votes for them, and how many photos voted."""
    tally = evidence.tally()
    total = tally.counts.sum(axis=1, dtype=np.int64)
    most = tally.counts.max(axis=1, initial=0)
    agreement = most / np.maximum(total, 1)
    painted = tally.majority()
    if evidence.layer is not None:
        laid = evidence.layer > 0
        painted = np.where(laid, evidence.layer, painted)
        agreement[laid] = 1.0
    return painted, agreement.astype(np.float32), np.minimum(total, 255).astype(np.uint8)
