"""The scene decides the weights: those that let the painted photos predict each other best.

Each of a few painted photos is left out in turn and predicted from the others. No truth is
needed, and scenes differ: print on book covers must not stop a label that a change of colour
stops elsewhere, and careful strokes deserve more trust than quick ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, Protocol

import numpy as np
from scipy.spatial import cKDTree

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.fuse import FuseOptions
from o3d_paint.fusion.graph import Graph, build_graph
from o3d_paint.fusion.random_walk import (
    NodeVotes,
    PhotoCount,
    WalkerSettings,
    count_votes,
    credible,
    edge_weights,
    walk,
)
from o3d_paint.fusion.solver import Levels, build_levels

__all__ = ["FEWEST_PHOTOS", "Trial", "Tuning", "is_outdated", "tune"]

FEWEST_PHOTOS = 4
"""With fewer the others lie too far from what they are to predict, and choose worse than chance."""

_MOST_PHOTOS = 4
_ITERATIONS = 25
# Colour, crease and trust: a few settings far apart rather than the best of many near ones, so
# that a little more or less paint seldom changes the choice, and with it the labels. What they
# suit: clear colours; one colour for all; print, somewhat and strong; strong print, careful paint.
_TRIED = (
    (4.0, 0.2, 0.01),
    (4.0, 0.1, 0.02),
    (8.0, 0.1, 0.02),
    (20.0, 0.1, 0.02),
    (20.0, 0.1, 0.2),
)
_MARGIN, _MARGIN_OF_FEWEST = 0.006, 0.02
_METHOD_MARGIN = 0.01
_OUTGROWN = 2


class Each(Protocol):
    """What ``map`` does, in order, perhaps on several processors at once."""

    def __call__(
        self, function: Callable[[_Prediction], FloatArray], values: list[_Prediction], /
    ) -> Iterable[FloatArray]:
        """Return the results of calling a function with each of the values."""


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


def is_outdated(tuned_photos: int, painted_photos: int) -> bool:
    """Whether so much was painted since a choice that the scene should choose again."""
    return painted_photos >= max(_OUTGROWN * tuned_photos, FEWEST_PHOTOS)


def tune(
    cloud: PointCloud,
    evidence: Evidence,
    options: FuseOptions | None = None,
    *,
    graph: Graph | None = None,
    keep_method: bool = False,
    progress: Progress | None = None,
    each: Each = map,
) -> Tuning:
    """Choose method and weights by leaving photos out.

    Args:
        cloud: The points.
        evidence: What was painted; with fewer than `FEWEST_PHOTOS` the given options stay.
        options: Where to start from, and everything that is not chosen.
        graph: The graph of the cloud where it is at hand.
        keep_method: Whether to choose weights only.
        progress: Told how far it is; may raise to cancel.
        each: Calls a function for each left-out photo; that of a pool uses more processors.
    """
    start = replace(options or FuseOptions(), method="graph")
    if len(evidence.frames) < FEWEST_PHOTOS:
        return Tuning(options or FuseOptions(), (), len(evidence.frames))
    graph = build_graph(cloud) if graph is None else graph
    search = _Search(graph, evidence, start, progress, each)
    best = search.best_of([search.trial(start.walker)], search.grid())
    trials = tuple(search.trials)
    margin = _MARGIN_OF_FEWEST if len(evidence.frames) == FEWEST_PHOTOS else _MARGIN
    if best.score - trials[0].score < margin:
        best = trials[0]
    if not keep_method:
        rival = search.nearest(best.options)
        trials += (rival,)
        if rival.score > best.score + _METHOD_MARGIN:
            best = rival
    if progress is not None:
        progress(1.0, "choosing")
    return Tuning(best.options, trials, len(evidence.frames))


class _Search:
    """Trials on the nodes of a graph, which need no labels of points."""

    def __init__(
        self,
        graph: Graph,
        evidence: Evidence,
        start: FuseOptions,
        progress: Progress | None,
        each: Each,
    ) -> None:
        self._graph, self._start, self._progress, self._each = graph, start, progress, each
        votes = count_votes(graph, evidence)
        self._predictions = [
            _Prediction.of(graph, votes, own, start.walker) for own in _chosen(votes.by_photo)
        ]
        self._nothing = np.zeros((len(votes.class_ids),) * 2)
        self._levels: dict[tuple[float, float], Levels] = {}
        self.trials: list[Trial] = []

    def nearest(self, options: FuseOptions) -> Trial:
        """Predict every left-out photo by the nearest node that others painted."""

        def predicted(prediction: _Prediction) -> FloatArray:
            painted = np.flatnonzero(prediction.known.counts.any(axis=1))
            if not len(painted):
                return self._nothing
            tree = cKDTree(self._graph.xyz[painted])
            winner = prediction.known.counts[painted].argmax(axis=1)
            return _confusion(prediction.asked, winner[tree.query(self._graph.xyz)[1]])

        confusion = sum(self._each(predicted, self._predictions), self._nothing)
        return Trial(replace(options, method="nearest"), *_scores(confusion))

    def grid(self) -> list[WalkerSettings]:
        """Return the settings to try beside those to start from."""
        walker = self._start.walker
        tried = [
            replace(walker, color_scale=color, crease_scale=crease, trust=trust)
            for color, crease, trust in _TRIED
        ]
        return [settings for settings in tried if settings != walker]

    def best_of(self, known: Sequence[Trial], settings: Sequence[WalkerSettings]) -> Trial:
        """Try settings and return the best trial; the earlier one of equals."""
        return max([*known, *(self.trial(s) for s in settings)], key=lambda trial: trial.score)

    def trial(self, walker: WalkerSettings) -> Trial:
        """Predict every left-out photo from the others."""
        if self._progress is not None:
            self._progress(0.8 * min(len(self.trials) / len(_TRIED), 1), "choosing weights")
        levels = self._levels_of(walker)

        def predicted(prediction: _Prediction) -> FloatArray:
            known, said, asked = prediction
            spread = walk(
                self._graph, known, walker, levels=levels, said=said, iterations=_ITERATIONS
            )
            return _confusion(asked, spread.heat.argmax(axis=1))

        accuracy, mean_iou = _scores(sum(self._each(predicted, self._predictions), self._nothing))
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


class _Prediction(NamedTuple):
    """A photo to predict from the others.

    Attributes:
        known: What the others say.
        said: The same, weighed.
        asked: (M, C) float32 what the photo says of classes that others know.
    """

    known: NodeVotes
    said: FloatArray
    asked: FloatArray

    @classmethod
    def of(
        cls, graph: Graph, votes: NodeVotes, photo: PhotoCount, walker: WalkerSettings
    ) -> _Prediction:
        """Leave a photo out of all votes."""
        own = np.zeros_like(votes.counts)
        own[photo.nodes] = photo.counts
        known = replace(votes, counts=np.maximum(votes.counts - own, 0))
        said = credible(graph.looks, known, walker.appearance)
        return cls(known, said, own * known.counts.any(axis=0))


def _chosen(photos: tuple[PhotoCount, ...]) -> list[PhotoCount]:
    """Return the photos to leave out: all, or a few evenly spread."""
    step = max(1.0, len(photos) / _MOST_PHOTOS)
    return [photos[int(i * step)] for i in range(min(len(photos), _MOST_PHOTOS))]


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
