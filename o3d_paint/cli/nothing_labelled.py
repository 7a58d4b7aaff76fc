"""Why no point was labelled, in one sentence that names what to change."""

from __future__ import annotations

from math import floor
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from o3d_paint.fusion.settings import FusionSettings
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.project.pipeline import FuseResult

__all__ = ["require_labels"]


def require_labels(result: FuseResult, settings: FusionSettings, options: LoadOptions) -> None:
    """Check that something was labelled.

    Args:
        result: Of `run_fuse`.
        settings: As they were given, by the user or by a project.
        options: How the scene was read.

    Raises:
        SceneError: No point has a label.
    """
    from o3d_paint.errors import SceneError

    if result.labelled.labels.any():
        return
    name = result.labelled.scene.name
    msg = f"no point of {name} is labelled: {_reason(result, settings, options)}"
    raise SceneError(msg)


def _reason(result: FuseResult, settings: FusionSettings, options: LoadOptions) -> str:
    fused = result.fusion
    reached = fused.labels > 0
    if reached.any():
        # Rounded down: "1.00" would not be less sure than anything.
        surest = floor(100 * float(fused.confidence[reached].max())) / 100
        return (
            f"all {int(reached.sum()):,} that paint reaches are less sure than --min-confidence"
            f" {result.settings.min_confidence:g}, the surest {surest:.2f}; lower it"
        )
    if result.known is not None and result.known.any():
        return (
            "paint reaches points, but none that counts: --max-camera-distance"
            f" {result.settings.max_camera_distance} leaves out all of them; raise it"
        )
    article = settings.method == "article"
    limits = {
        "--conf-thresh": result.settings.conf_thresh if article else options.conf_thresh,
        "--confidence-percentile": options.conf_percentile,
        "--tolerance": result.settings.tolerance if article else settings.tolerance,
        "--max-camera-distance": result.settings.max_camera_distance,
    }
    given = [f"{name} {value:g}" for name, value in limits.items() if value is not None]
    if given:
        return f"paint reaches none within {', '.join(given)}; change what leaves too little"
    return "no painted pixel shows one; look at poses and depth with o3d-paint info"
