"""``o3d-paint info``: what a scene holds, and what was found out about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from o3d_paint.cli.options import QuietOption, SceneArgument, reads_scene
from o3d_paint.cli.terminal import print_json, progress_of, say

if TYPE_CHECKING:
    from o3d_paint.core.scene import Scene
    from o3d_paint.io.scene import LoadOptions

_NEARLY = 0.95


@reads_scene
def info(
    scene: SceneArgument,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
    quiet: QuietOption = False,
    *,
    options: LoadOptions,
) -> None:
    """Say what a scene holds: points, photos, confidence rule, units, direction of the poses.

    Example: o3d-paint info scene.npz --json
    """
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.report import scene_report

    with progress_of("Reading", quiet=quiet) as told:
        loaded = load_scene(scene, options, progress=told)
    report = {"file": str(scene), **scene_report(loaded)}
    if as_json:
        print_json(report)
    else:
        _print(report, loaded)


def _print(report: dict[str, Any], scene: Scene) -> None:
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
    say(str(report["file"]))
    for name, text in rows:
        say(f"  {name:<12} {text}")
    for sentence in scene.notes:
        say(f"  · {sentence}")


def _direction(up: Sequence[float]) -> str:
    """Return a unit vector, and the axis that it nearly is."""
    numbers = ", ".join(f"{v + 0.0:.3f}" for v in up)
    largest = max(range(3), key=lambda i: abs(up[i]))
    if abs(up[largest]) < _NEARLY:
        return f"({numbers})"
    return f"{'-' if up[largest] < 0 else ''}{'xyz'[largest]} ({numbers})"
