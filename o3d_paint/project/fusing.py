"""Asking for the fused layer: off the UI thread, one request at a time, the graph kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict
from functools import partial

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.ball import Progress
from o3d_paint.core.distances import ball_radius
from o3d_paint.core.evidence import Evidence
from o3d_paint.core.fuse import FuseOptions, Fusion, fuse
from o3d_paint.core.graph import Graph, build_graph
from o3d_paint.core.scene import PointCloud, Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.core.walker import Spread, WalkerSettings
from o3d_paint.project.fused_layer import FusedLayer
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.signals import Signal

__all__ = ["Fusing"]

_KEY = _OPTIONS = "fuse"


class Fusing(FusedLayer):
    """Work that can be fused."""

    def __init__(self, scene: Scene, taxonomy: Taxonomy, *, jobs: Jobs | None = None) -> None:
        """Start without a fused layer; see `Work`."""
        super().__init__(scene, taxonomy, jobs=jobs)
        self.fuse_options = FuseOptions(max_distance=ball_radius(scene))
        self.fuse_progress: Signal[[float, str]] = Signal()
        self.fuse_failed: Signal[[Exception]] = Signal()
        self._graph: Graph | None = None
        self._fuse_waits: Callable[[], object] | None = None

    @property
    def is_fusing(self) -> bool:
        """Whether a fusion is under way."""
        return self._fuse_waits is not None or self.jobs.is_running(_KEY)

    def request_fuse(
        self,
        options: FuseOptions | None = None,
        *,
        then: Callable[[], object] | None = None,
        warm: bool = False,
    ) -> None:
        """Derive labels for all points off the UI thread; the layer shows when it is there.

        A request supersedes the one before. `fused_changed` tells of the result,
        `fuse_progress` of the way there and `fuse_failed` of an error.

        Args:
            options: Method and parameters; kept for the next time. None for the last ones.
            then: Called after the result was applied.
            warm: Whether to start from the last result: faster, and the same labels but for a few
                points in ten thousand.
        """
        self._before_history()
        self._keep_options(options)
        if self.missing_indexes():
            # What photos without an index say is not in the ballots yet.
            self._fuse_waits = then or _nothing
            return
        self._fuse_waits = None
        known = self.ballots.labels.copy()
        self._heirs_since_asked = {}

        def apply(answer: tuple[Fusion, Graph | None]) -> None:
            fusion, self._graph = answer
            self.apply_fusion(fusion, painted=known, heirs=self._heirs_since_asked)
            if then is not None:
                then()

        self.jobs.submit(
            _KEY,
            self._fuse_work(warm=warm),
            done=apply,
            failed=self.fuse_failed.emit,
            progressed=self.fuse_progress.emit,
        )

    def _fuse_work(self, *, warm: bool) -> Callable[[Progress], tuple[Fusion, Graph | None]]:
        """Return the function that fuses what is painted now; safe to run on a worker."""
        start = self._fusion.spread if warm and self._fusion is not None else None
        return partial(
            _fuse_with_graph,
            self.scene.cloud,
            self.evidence(),
            self.fuse_options,
            graph=self._graph,
            warm=start,
        )

    def _keep_options(self, options: FuseOptions | None) -> None:
        """Remember options for the next time, and with the project."""
        if options is not None and options != self.fuse_options:
            self.fuse_options = options
            self.set_setting(_OPTIONS, asdict(options))

    def _settings_restored(self) -> None:
        super()._settings_restored()
        # Options of another version of the program are not worth a refusal.
        with suppress(TypeError, ValueError, KeyError):
            kept = dict(self.settings[_OPTIONS])
            walker = WalkerSettings(**kept.pop("walker", {}))
            self.fuse_options = FuseOptions(**kept, walker=walker)

    def cancel_fuse(self) -> None:
        """Drop the fusion under way; the layer stays as it was."""
        self._fuse_waits = None
        self.jobs.cancel(_KEY)

    def fuse(self, options: FuseOptions | None = None) -> IdArray:
        """Derive labels now, show them, and return all labels (N,)."""
        self._before_history()
        self._keep_options(options)
        self.complete_indexes()
        self.cancel_fuse()
        fusion, self._graph = self._fuse_work(warm=False)(_unheard)
        self.apply_fusion(fusion)
        return self.labels

    def drop_fusion(self) -> None:
        """Forget the fused layer."""
        self.cancel_fuse()
        super().drop_fusion()

    def _catch_up(self, frame_idx: int) -> None:
        super()._catch_up(frame_idx)
        if self._fuse_waits is not None and not self.missing_indexes():
            self.request_fuse(then=self._fuse_waits)


def _fuse_with_graph(
    cloud: PointCloud,
    evidence: Evidence,
    options: FuseOptions,
    report: Progress,
    *,
    graph: Graph | None,
    warm: Spread | None,
) -> tuple[Fusion, Graph | None]:
    """Fuse, and return the graph as well, which is the same for the life of a scene."""
    share = 0.0
    if graph is None and options.method == "graph":
        share = 0.6
        graph = build_graph(cloud, progress=lambda f, stage: report(share * f, stage))
    fusion = fuse(
        cloud,
        evidence,
        options,
        graph=graph,
        warm=warm,
        progress=lambda f, stage: report(share + (1 - share) * f, stage),
    )
    return fusion, graph


def _unheard(_fraction: float, _stage: str) -> None:
    """Take progress that nobody asked for."""


def _nothing() -> None:
    """Stand in for a listener."""
