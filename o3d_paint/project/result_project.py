"""What `run_fuse` made, as a project that can be saved."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.scene import Scene
from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.fusion_setting import SETTING
from o3d_paint.project.indexes import depth_tolerance
from o3d_paint.project.jobs import InlineJobs, Report, Task
from o3d_paint.project.pipeline import FuseResult, gather_evidence
from o3d_paint.project.project import Project

__all__ = ["project_of_result"]

T = TypeVar("T")


def project_of_result(
    result: FuseResult,
    scene: Scene,
    masks: Mapping[int, IdArray],
    *,
    settings: FusionSettings,
    layer: IdArray | None = None,
    kept: Mapping[str, Any] | None = None,
) -> Project:
    """Return a project with the masks that were fused, and the result as its fused layer.

    It is for saving: nothing is computed, so its paint has not reached its cloud.

    Args:
        result: Of `run_fuse` with these masks, settings and layer.
        scene: As it was fused.
        masks: (H, W) ids by position of the photo.
        settings: As they were given, so that what suits the scene is found anew.
        layer: (N,) labels laid on points directly.
        kept: Further settings of the project.
    """
    project = Project(scene, result.labelled.taxonomy, jobs=_NoJobs())
    known = result.known
    if known is None:
        tolerance = depth_tolerance(scene, settings)
        evidence = gather_evidence(scene, masks, tolerance=tolerance, layer=layer)
        known = evidence.labels()
    project.restore_fusion(result.fusion, known=known, shown=True)
    stored = {**(kept or {}), SETTING: settings.to_json()}
    project.restore(masks=masks, layer=layer, settings=stored)
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
