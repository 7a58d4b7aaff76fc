"""What `run_fuse` made, as a project that can be saved."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from o3d_paint.core.scene import Scene
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.background import as_class, filled
from o3d_paint.project.cloud_labels import NUMBERS, numbers_of
from o3d_paint.project.fusion_setting import SETTING
from o3d_paint.project.indexes import depth_tolerance
from o3d_paint.project.jobs import InlineJobs, Report, Task
from o3d_paint.project.paint_sources import Paint
from o3d_paint.project.pipeline import FuseResult, gather_evidence
from o3d_paint.project.project import Project

__all__ = ["project_of_result"]

T = TypeVar("T")


def project_of_result(
    result: FuseResult,
    scene: Scene,
    paint: Paint,
    *,
    settings: FusionSettings,
    kept: Mapping[str, Any] | None = None,
) -> Project:
    """Return a project with the paint that was fused, and the result as its fused layer.

    It is for saving: nothing is computed, so its paint has not reached its cloud. A background of
    the masks is a class of its own in it, so that fusing there comes to the same.

    Args:
        result: Of the paint with these settings.
        scene: As its file has it, labels of its cloud with their own numbers.
        paint: What was fused.
        settings: As they were given, so that what suits the scene is found anew.
        kept: Settings of the project whose paint is part of it.
    """
    masks, taxonomy, notes = as_class(paint.masks, paint.background, paint.taxonomy)
    _, rest = filled(paint.masks, paint.background, paint.taxonomy)
    known = result.known
    if known is None:
        evidence = gather_evidence(
            paint.scene, masks, tolerance=depth_tolerance(scene, settings), layer=paint.layer
        )
        known = evidence.labels()
    fusion = result.fusion
    if rest:
        table = np.arange(1 << 16, dtype=np.uint16)
        table[rest] = taxonomy.classes[-1].class_id
        known, fusion = table[known], replace(fusion, labels=table[fusion.labels])
    stored = {**(kept or {}), SETTING: settings.to_json()}
    if kept is None or NUMBERS not in kept:
        stored |= {NUMBERS: numbers} if (numbers := numbers_of(scene, taxonomy)) else {}
    project = Project(scene, taxonomy, jobs=_NoJobs())
    project.restore_fusion(fusion, known=known, shown=True)
    project.restore(masks=masks, layer=paint.layer, settings=stored)
    project.notes = tuple(notes)
    return project


class _NoJobs(InlineJobs):
    """Runs nothing: what a project would find out about its photos is of no use for saving it."""

    def submit(
        self,
        key: Hashable,
        work: Callable[[Report], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], object] | None = None,
        progressed: Callable[[float, str], None] | None = None,
        urgent: bool = False,
    ) -> Task:
        """Forget the job."""
        del work, done, failed, progressed, urgent
        return Task(key)
