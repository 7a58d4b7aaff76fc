"""The scene decides the weights: those that let the painted photos predict each other best.

Each of a few painted photos is left out in turn and predicted from the others. No truth is
needed, and scenes differ: print on book covers must not stop a label that a change of colour
stops elsewhere, and careful strokes deserve more trust than quick ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.ball import Progress
from o3d_paint.core.evidence import Evidence, FrameVotes
from o3d_paint.core.fuse import FuseOptions, fuse
from o3d_paint.core.graph import Graph, build_graph
from o3d_paint.core.scene import PointCloud
from o3d_paint.core.solver import Levels, build_levels
from o3d_paint.core.walker import NodeVotes, WalkerSettings, count_votes, edge_weights, walk

__all__ = ["Trial", "Tuning", "is_outdated", "tune"]

_MOST_PHOTOS = 5
_ITERATIONS = 30
_COLORS = (4.0, 10.0, 40.0)
_TRUSTS = (0.0025, 0.02, 0.2)
_MARGIN = 0.006
_METHOD_MARGIN = 0.005
_OUTGROWN = 2


@dataclass(frozen=True, slots=True)
class Trial:
    """What was tried.

    Attributes:
        options: Method and weights.
        accuracy: Share of the left-out votes predicted right.
        mean_iou: Mean intersection over union of the classes in them.
    """

    options: FuseOptions
    accuracy: float
    mean_iou: float

    @property
    def score(self) -> float:
        """What is compared: points count, and so do small classes."""
        return (self.accuracy + self.mean_iou) / 2


@dataclass(frozen=True, slots=True)
class Tuning:
    """What a scene chose.

    Attributes:
        options: The method and weights that predicted best, to be kept with the project.
        trials: All that was tried; empty where there were too few photos to choose by.
        photos: Photos that were painted at the time.
    """

    options: FuseOptions
    trials: tuple[Trial, ...]
    photos: int


def is_outdated(tuned_photos: int, evidence: Evidence) -> bool:
    """Whether so much was painted since a choice that the scene should choose again."""
    return len(evidence.frames) >= max(_OUTGROWN * tuned_photos, 2)


def tune(
    cloud: PointCloud,
    evidence: Evidence,
    options: FuseOptions | None = None,
    *,
    graph: Graph | None = None,
    progress: Progress | None = None,
) -> Tuning:
    """Choose method and weights by leaving photos out.

    Args:
        cloud: The points.
        evidence: What was painted; with fewer than two photos the given options stay.
        options: Where to start from, and everything that is not chosen.
        graph: The graph of the cloud where it is at hand.
        progress: Told how far it is; may raise to cancel.
    """
    start = replace(options or FuseOptions(), method="graph")
    if len(evidence.frames) < 2:
        return Tuning(options or FuseOptions(), (), len(evidence.frames))
    graph = build_graph(cloud) if graph is None else graph
    search = _Search(graph, evidence, start, progress)
    best = search.best_of([search.trial(start.walker)], search.grid())
    best = search.best_of([best], search.around(best.options.walker))
    trials = tuple(search.trials)
    if best.score - trials[0].score < _MARGIN:
        best = trials[0]
    rivals = [
        _point_trial(cloud, evidence, replace(best.options, method=method), graph)
        for method in ("graph", "nearest")
    ]
    if rivals[1].score > rivals[0].score + _METHOD_MARGIN:
        best = rivals[1]
    if progress is not None:
        progress(1.0, "choosing")
    return Tuning(best.options, (*trials, *rivals), len(evidence.frames))


class _Search:
    """Trials on the nodes of a graph, which need no labels of points."""

    def __init__(
        self, graph: Graph, evidence: Evidence, start: FuseOptions, progress: Progress | None
    ) -> None:
        self._graph, self._start, self._progress = graph, start, progress
        self._votes = count_votes(graph, evidence)
        self._left_out = [
            _align(count_votes(graph, Evidence(evidence.num_points, (frame,))), self._votes)
            for frame in _chosen(evidence)
        ]
        self._levels: dict[tuple[float, float], Levels] = {}
        self.trials: list[Trial] = []

    def grid(self) -> list[WalkerSettings]:
        """Return the first settings to try."""
        walker = self._start.walker
        return [
            replace(walker, color_scale=color, trust=trust)
            for color in _COLORS
            for trust in _TRUSTS
            if (color, trust) != (walker.color_scale, walker.trust)
        ]

    def around(self, best: WalkerSettings) -> list[WalkerSettings]:
        """Return settings that differ from the best so far in one respect."""
        return [
            *(replace(best, color_scale=best.color_scale * factor) for factor in (0.65, 1.6)),
            *(replace(best, trust=best.trust * factor) for factor in (0.35, 2.8)),
            *(replace(best, crease_scale=best.crease_scale * factor) for factor in (0.5, 3.0)),
            replace(best, appearance=0.0 if best.appearance else 0.5),
        ]

    def best_of(self, known: Sequence[Trial], settings: Sequence[WalkerSettings]) -> Trial:
        """Try settings and return the best trial; the earlier one of equals."""
        return max([*known, *(self.trial(s) for s in settings)], key=lambda trial: trial.score)

    def trial(self, walker: WalkerSettings) -> Trial:
        """Predict every left-out photo from the others."""
        if self._progress is not None:
            self._progress(min(len(self.trials) / 18, 0.9), "choosing")
        num = len(self._votes.class_ids)
        confusion = np.zeros((num, num))
        for left_out in self._left_out:
            counts = self._votes.counts - left_out
            votes = NodeVotes(self._votes.class_ids, counts, self._votes.photos)
            spread = walk(
                self._graph, votes, walker, levels=self._levels_of(walker), iterations=_ITERATIONS
            )
            known = counts.any(axis=0)
            confusion += _confusion(left_out * known, spread.heat.argmax(axis=1))
        accuracy, mean_iou = _scores(confusion)
        trial = Trial(replace(self._start, walker=walker), accuracy, mean_iou)
        self.trials.append(trial)
        return trial

    def _levels_of(self, walker: WalkerSettings) -> Levels:
        """Return the weighted graph; those that differ in trust alone share one."""
        key = (walker.color_scale, walker.crease_scale)
        if key not in self._levels:
            weights = edge_weights(self._graph, walker)
            self._levels.clear()
            self._levels[key] = build_levels(self._graph.indptr, self._graph.indices, weights)
        return self._levels[key]


def _chosen(evidence: Evidence) -> list[FrameVotes]:
    """Return the photos to leave out: all, or a few evenly spread."""
    count = len(evidence.frames)
    step = max(1.0, count / _MOST_PHOTOS)
    return [evidence.frames[int(i * step)] for i in range(min(count, _MOST_PHOTOS))]


def _point_trial(
    cloud: PointCloud, evidence: Evidence, options: FuseOptions, graph: Graph
) -> Trial:
    """Predict photos left out, point by point, by any method."""
    class_ids = np.unique(np.concatenate([np.unique(f.labels) for f in evidence.frames]))
    num = len(class_ids)
    confusion = np.zeros((num, num + 1))
    for frame in _chosen(evidence):
        others = evidence.without(frame.frame_idx)
        labels = fuse(cloud, others, options, graph=graph).labels[frame.points]
        predicted = np.where(labels > 0, np.searchsorted(class_ids, labels), num)
        said = np.searchsorted(class_ids, frame.labels)
        np.add.at(confusion, (said, predicted), 1)
    accuracy, mean_iou = _scores(confusion)
    return Trial(options, accuracy, mean_iou)


def _align(votes: NodeVotes, like: NodeVotes) -> FloatArray:
    """Return the counts (M, C) of votes in the columns of others."""
    counts = np.zeros(like.counts.shape, dtype=np.float32)
    counts[:, np.searchsorted(like.class_ids, votes.class_ids)] = votes.counts
    return counts


def _confusion(votes: FloatArray, predicted: FloatArray) -> FloatArray:
    """Return (C, C) left-out votes by class and predicted class."""
    num = votes.shape[1]
    out = np.zeros((num, num))
    for column in range(num):
        out[column] = np.bincount(predicted, weights=votes[:, column], minlength=num)
    return out


def _scores(confusion: FloatArray) -> tuple[float, float]:
    """Return accuracy and mean IoU over the classes that occur; (C, C) or (C, C + 1) counts."""
    hits = np.diagonal(confusion)
    said = confusion.sum(axis=1)
    held = said > 0
    if not held.any():
        return 0.0, 0.0
    union = said + confusion.sum(axis=0)[: len(said)] - hits
    return float(hits.sum() / said.sum()), float((hits[held] / union[held]).mean())
