"""``o3d-paint info``: what a scene holds, and what was found out about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.opened import numbers_without_effect, scene_and_project
from o3d_paint.cli.options import SceneArgument, reads_scene
from o3d_paint.cli.places import OverwriteOption

if TYPE_CHECKING:
    from o3d_paint.core.scene import Scene
    from o3d_paint.io.scene import LoadOptions

_NEARLY = 0.95


@reads_scene
@answers("info")
def info(
    scene: SceneArgument,
    overwrite: OverwriteOption = False,
    *,
    options: LoadOptions,
    answer: Answer,
) -> None:
    """Say what a scene holds: points, photos, confidence rule, units, direction of the poses.

    Of a project (scene.o3dpaint) it says the same of its scene, and what is painted.

    Example: o3d-paint info scene.npz --json -
    """
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.report import scene_report
    from o3d_paint.project.scene_options import completed_options

    source, project = scene_and_project(scene)
    if project is not None:
        options = completed_options(options, project)
    answer.check(inputs=[scene, source, options.cloud], overwrite=overwrite)
    with answer.progress("Reading") as told:
        loaded = load_scene(source, options, progress=told)
    answer.reads(loaded.sources)
    answer.note(numbers_without_effect(options, loaded))
    report = {"file": str(source), **scene_report(loaded), "project": None}
    if project is not None:
        report["project"] = _painted(project, loaded)
    _print(report, loaded, answer)
    answer.finish(report)


def _painted(folder: Path, scene: Scene) -> dict[str, Any]:
    """Return what a project holds, without bringing its paint to the cloud."""
    from o3d_paint.project.layout import Layout
    from o3d_paint.project.loading import load_folder

    found = load_folder(folder, scene)
    return {
        "folder": str(folder),
        "painted_photos": [scene.frames[i].name for i, m in sorted(found.masks.items()) if m.any()],
        "classes": [{"id": c.class_id, "name": c.name} for c in found.taxonomy],
        "has_labels_on_points": found.layer is not None and bool(found.layer.any()),
        "is_fused": found.is_fused(Layout(folder)),
        "messages": list(found.messages),
    }


def _print(report: dict[str, Any], scene: Scene, answer: Answer) -> None:
    """Print the report as aligned lines."""
    photos, confidence, units = report["photos"], report["confidence"], report["units"]
    sizes = sorted({tuple(p["size"]) for p in photos})
    depths = sum(p["depth_size"] is not None for p in photos)
    rows = [
        ("points", f"{report['points']:,}"),
        ("photos", f"{len(photos)} of {', '.join(f'{w}×{h}' for w, h in sizes)}"),
        ("depth", f"in {depths} of {len(photos)} photos"),
        ("confidence", confidence["rule"]),
        (
            "",
            f"{confidence['trusted_pixels']:,} of {confidence['pixels_with_depth']:,} pixels with"
            " depth are trusted",
        ),
        ("size", f"{units['diagonal']:.4g} units across, points {units['spacing']:.3g} apart"),
        ("units", "plausibly metres" if units["plausibly_metres"] else "probably not metres"),
        (
            "ball radius",
            f"{units['ball_radius']:.4g} units = {units['ball_radius_in_spacings']:.1f} spacings",
        ),
        ("up", _direction(report["up"])),
    ]
    project = report["project"]
    if project is not None:
        painted, classes = len(project["painted_photos"]), len(project["classes"])
        fused = "fused" if project["is_fused"] else "not fused"
        what = f"{painted} of {len(photos)} photos painted, {classes} classes, {fused}"
        rows.append(("project", f"{project['folder']}: {what}"))
    answer.show(str(report["file"]))
    for name, text in rows:
        answer.show(f"  {name:<12} {text}")
    for sentence in (*scene.notes, *(project["messages"] if project else ())):
        answer.show(f"  · {sentence}")


def _direction(up: Sequence[float]) -> str:
    """Return a unit vector, and the axis that it nearly is."""
    numbers = ", ".join(f"{v + 0.0:.3f}" for v in up)
    largest = max(range(3), key=lambda i: abs(up[i]))
    if abs(up[largest]) < _NEARLY:
        return f"({numbers})"
    return f"{'-' if up[largest] < 0 else ''}{'xyz'[largest]} ({numbers})"
