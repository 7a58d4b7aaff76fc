"""The weights that a project fuses with: chosen by its own painted photos, then kept.

Kept weights do not change while somebody paints, so that labels do not flicker; once much more is
painted the photos choose again. The first choice depends on nothing but scene and paint, so that
commands on the same masks choose alike.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import Any

from o3d_paint.core.evidence import Evidence
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.fuse import FuseOptions, Method
from o3d_paint.fusion.graph import Graph
from o3d_paint.fusion.random_walk import WalkerSettings
from o3d_paint.fusion.tune import FEWEST_PHOTOS, Tuning, is_outdated, tune

__all__ = ["SETTING", "Weights", "choose_weights", "is_choice_due"]

SETTING = "weights"
"""Where a project keeps them."""


@dataclass(frozen=True, slots=True)
class Weights:
    """A choice.

    Attributes:
        method: What predicted left-out photos best, "graph" or "nearest".
        walker: Weights of the graph.
        photos: Painted photos that chose.
    """

    method: Method
    walker: WalkerSettings
    photos: int

    @classmethod
    def of(cls, tuning: Tuning) -> Weights:
        """Return what a search found."""
        return cls(tuning.options.method, tuning.options.walker, tuning.photos)

    @classmethod
    def from_setting(cls, value: Any) -> Weights | None:
        """Return what `to_setting` gave; None for anything else, such as another version's."""
        with suppress(TypeError, ValueError, KeyError, AttributeError):
            if value["method"] in ("graph", "nearest"):
                walker = WalkerSettings(**{k: float(v) for k, v in value["walker"].items()})
                return cls(value["method"], walker, int(value["photos"]))
        return None

    def to_setting(self) -> dict[str, Any]:
        """Return the choice as values of JSON's types."""
        return asdict(self)

    def applied(self, options: FuseOptions) -> FuseOptions:
        """Return options with these weights; another method that was asked for stays."""
        method = self.method if options.method == "graph" else options.method
        return replace(options, method=method, walker=self.walker)


def is_choice_due(options: FuseOptions, weights: Weights | None, photos: int) -> bool:
    """Return whether the painted photos should choose before the next fusion.

    Args:
        options: What is asked for; weights or a method given by hand are kept.
        weights: The last choice.
        photos: How many are painted.
    """
    if photos < FEWEST_PHOTOS or options.method != "graph":
        return False
    if options.walker != WalkerSettings():
        return False
    return weights is None or is_outdated(weights.photos, photos)


def choose_weights(
    cloud: PointCloud,
    evidence: Evidence,
    options: FuseOptions,
    *,
    graph: Graph | None,
    keep_method: bool,
    progress: Progress,
) -> Tuning:
    """Let the painted photos choose, on all processors; see `o3d_paint.fusion.tune.tune`."""
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return tune(
            cloud,
            evidence,
            options,
            graph=graph,
            keep_method=keep_method,
            progress=progress,
            each=pool.map,
        )
