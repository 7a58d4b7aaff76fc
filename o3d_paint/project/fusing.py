"""Asking for the fused layer: off the UI thread, one request at a time, the graph kept."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, replace
from functools import partial
from typing import NamedTuple

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.distances import ball_radius, batch_size
from o3d_paint.core.evidence import Snapshot
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import PointCloud, Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.fusion.fuse import FuseOptions, Fusion, fuse
from o3d_paint.fusion.graph import Graph, build_graph
from o3d_paint.fusion.random_walk import WalkerSettings
from o3d_paint.fusion.tune import Tuning
from o3d_paint.project.fused_layer import FusedLayer
from o3d_paint.project.jobs import Jobs
from o3d_paint.project.signals import Signal
from o3d_paint.project.weights import SETTING, Weights, choose_weights, is_choice_due

__all__ = ["Fusing"]

_KEY = _OPTIONS = "fuse"


class Fusing(FusedLayer):
    """Work that can be fused.

    `fuse_options` are what was asked for. The painted photos choose the weights, and the method
    where none was asked for, unless weights were given by hand: before the first fusion of four
    photos, and again once twice as many are painted.
    """

    def __init__(self, scene: Scene, taxonomy: Taxonomy, *, jobs: Jobs | None = None) -> None:
        """Start without a fused layer; see `Work`."""
        super().__init__(scene, taxonomy, jobs=jobs)
        self.fuse_options = FuseOptions(
            max_distance=ball_radius(scene), batch_size=batch_size(scene)
        )
        self.fuse_progress: Signal[[float, str]] = Signal()
        self.fuse_failed: Signal[[Exception]] = Signal()
        self.weights_chosen: Signal[[Tuning]] = Signal()
        self._graph: Graph | None = None
        self._fuse_waits: Callable[[], object] | None = None

    @property
    def is_fusing(self) -> bool:
        """Whether a fusion is under way."""
        return self._fuse_waits is not None or self.jobs.is_running(_KEY)

    @property
    def weights(self) -> Weights | None:
        """The weights that the painted photos chose; None before."""
        return Weights.from_setting(self.settings.get(SETTING))

    @property
    def weighted_options(self) -> FuseOptions:
        """The options with the weights that were chosen, as the next fusion uses them."""
        weights, options = self.weights, self.fuse_options
        if weights is None or options.walker != WalkerSettings():
            return options
        return weights.applied(options)

    def request_fuse(
        self,
        options: FuseOptions | None = None,
        *,
        then: Callable[[], object] | None = None,
        warm: bool = False,
        anew: bool = False,
    ) -> None:
        """Derive labels for all points off the UI thread; the layer shows when it is there.

        A request supersedes the one before. `fused_changed` tells of the result,
        `fuse_progress` of the way there and `fuse_failed` of an error.

        Args:
            options: Method and parameters; kept for the next time. None for the last ones, and for
                another method where that predicts left-out photos better.
            then: Called after the result was applied.
            warm: Whether to start from the last result: faster, and the same labels but for a few
                points in ten thousand. A choice of weights that is due follows afterwards.
            anew: Whether the painted photos choose the weights even where that is not due.
        """
        self._before_history()
        self._keep_options(options)
        if self.missing_indexes():
            # What photos without an index say is not in the ballots yet.
            self._fuse_waits = partial(self.request_fuse, options, then=then, anew=anew)
            return
        self._fuse_waits = None
        known, said = self.ballots.labels.copy(), self.snapshot()
        is_due = is_choice_due(self.fuse_options, self.weights, said.num_photos)
        self._heirs_since_asked = {}

        def apply(answer: _Fused) -> None:
            self._keep_choice(answer)
            self.apply_fusion(answer.fusion, painted=known, heirs=self._heirs_since_asked)
            if then is not None:
                then()
            if is_due and answer.tuning is None and not self.is_fusing:
                self.request_fuse()

        self.jobs.submit(
            _KEY,
            self._fuse_work(
                said,
                warm=warm,
                choose=anew or (is_due and not warm),
                keep_method=options is not None,
            ),
            done=apply,
            failed=self.fuse_failed.emit,
            progressed=self.fuse_progress.emit,
        )

    def choose_weights(self) -> None:
        """Let the painted photos choose the weights, off the UI thread, and fuse with them.

        Those that predict photos best which are left out are kept with the project, and
        `weights_chosen` tells. Weights given by hand give way. See `request_fuse` for the rest.
        """
        self.request_fuse(anew=True)

    def _keep_choice(self, answer: _Fused) -> None:
        """Remember the graph, and with the project the weights that were chosen."""
        self._graph = answer.graph
        if answer.tuning is not None and answer.tuning.trials:
            self._keep_options(replace(self.fuse_options, walker=WalkerSettings()))
            self.set_setting(SETTING, Weights.of(answer.tuning).to_setting())
            self.weights_chosen.emit(answer.tuning)

    def _fuse_work(
        self, said: Snapshot, *, warm: bool, choose: bool, keep_method: bool
    ) -> Callable[[Progress], _Fused]:
        """Return the function that fuses what was said; safe to run on a worker."""
        return partial(
            _fuse_with_graph,
            self.scene.cloud,
            said,
            self.weighted_options,
            graph=self._graph,
            warm=self._fusion if warm else None,
            choice=replace(self.fuse_options, walker=WalkerSettings()) if choose else None,
            keep_method=keep_method,
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

    def fuse(self, options: FuseOptions | None = None, *, tune: bool | None = None) -> IdArray:
        """Derive labels now, show them, and return all labels (N,).

        Args:
            options: Method and parameters; kept for the next time. None for the last ones, and for
                another method where that predicts left-out photos better.
            tune: Whether the painted photos choose the weights; None where that is due.
        """
        self._before_history()
        self._keep_options(options)
        self.complete_indexes()
        self.cancel_fuse()
        said = self.snapshot()
        if tune is None:
            tune = is_choice_due(self.fuse_options, self.weights, said.num_photos)
        work = self._fuse_work(said, warm=False, choose=tune, keep_method=options is not None)
        answer = work(_unheard)
        self._keep_choice(answer)
        self.apply_fusion(answer.fusion)
        return self.labels

    def drop_fusion(self) -> None:
        """Forget the fused layer."""
        self.cancel_fuse()
        super().drop_fusion()

    def _catch_up(self, frame_idx: int) -> None:
        super()._catch_up(frame_idx)
        if self._fuse_waits is not None and not self.missing_indexes():
            self._fuse_waits()


class _Fused(NamedTuple):
    """What a fusion leaves: labels, the graph (the same for the life of a scene), a choice."""

    fusion: Fusion
    graph: Graph | None
    tuning: Tuning | None


def _fuse_with_graph(
    cloud: PointCloud,
    said: Snapshot,
    options: FuseOptions,
    report: Progress,
    *,
    graph: Graph | None,
    warm: Fusion | None,
    choice: FuseOptions | None,
    keep_method: bool,
) -> _Fused:
    """Fuse; with a choice to make, the left-out photos say by which weights."""
    done, tuning, evidence = 0.0, None, said.evidence()
    if graph is None and (choice is not None or options.method == "graph"):
        done = 0.2 if choice is not None else 0.6
        share = done
        graph = build_graph(cloud, progress=lambda f, stage: report(share * f, stage))
    if choice is not None:
        first, done = done, 0.9
        tuning = choose_weights(
            cloud,
            evidence,
            choice,
            graph=graph,
            keep_method=keep_method,
            progress=lambda f, stage: report(first + (0.9 - first) * f, stage),
        )
        options, warm = tuning.options, None
    begun = done
    fusion = fuse(
        cloud,
        evidence,
        options,
        graph=graph,
        warm=warm,
        progress=lambda f, stage: report(begun + (1 - begun) * f, stage),
    )
    return _Fused(fusion, graph, tuning)


def _unheard(_fraction: float, _stage: str) -> None:
    """Take progress that nobody asked for."""
