"""A scene from a file: what the importer read, checked against itself and completed."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.core.confidence import (
    ConfidenceRule,
    absolute_rule,
    cloud_rule,
    default_rule,
    percentile_rule,
)
from o3d_paint.core.consistency import tolerance_of
from o3d_paint.core.distances import PRESETS
from o3d_paint.core.geometry import (
    estimate_spacing,
    estimate_up,
    plausibly_metric,
    robust_diagonal,
)
from o3d_paint.core.photo_colors import colors_from_photos
from o3d_paint.core.scene import Frame, PointCloud, Scene
from o3d_paint.errors import SceneError
from o3d_paint.io.capture import Capture, Convention, ImportOptions
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.clouds.registry import read_cloud
from o3d_paint.io.depth_cloud import FARTHEST, cloud_of_depths
from o3d_paint.io.directions import directed
from o3d_paint.io.even_photos import evenly_stretched
from o3d_paint.io.far_off import told_of_far_off
from o3d_paint.io.files import noting_files, reading
from o3d_paint.io.importers import read_capture
from o3d_paint.io.importers.left_out import LeftOut
from o3d_paint.io.mask_turns import TURNS
from o3d_paint.io.nowhere import without_nowhere
from o3d_paint.io.origin import origin_of, told_of_others
from o3d_paint.io.own_cloud import confidence_of_points, fit_of_cloud
from o3d_paint.io.photo_names import named_apart

__all__ = ["Convention", "LoadOptions", "load_scene"]

Progress = Callable[[float, str], None]
"""Told the share done, 0..1, and the stage; may raise to cancel."""

_UNKNOWN_COLOR = 160


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOptions:
    """What a user can say about a scene.

    Attributes:
        convention: Direction of the file's poses: "w2c" world to camera, "c2w" camera to world;
            None takes the format's own and tests it.
        up: (x, y, z) that points up; None estimates it.
        preset: What kind of scene it is, a key of `PRESETS`: decides radius and threshold.
        conf_thresh: Trusts confidence strictly above this number, in the file's own units.
        conf_percentile: Trusts all but this many per cent of the pixels; one of the two at most.
        images: Folder of the photos.
        cloud: File with a cloud of its own, labelled instead of the points that depths make;
            labels that it has count where no photo votes.
        axes: Camera axes of a folder of RGB-D pictures, "cv" or "gl".
        intrinsics: fx, fy, cx, cy of such a folder's depth pictures, in pixels.
        depth_unit: Scene units of one step of its depth values.
        invalid_depth: Depth value that means unknown there, besides 0.
        every: Takes every k-th photo of a sequence.
        model: Number of the model of a COLMAP workspace; None takes the largest.
        ignore: Numbers or names of labels that are no class; see `NumberRules`.
        first_id: Number of the first class of labels; see `NumberRules`.
        memory_limit: Bytes that the scene may take; None allows most of the free memory.
        format_name: Forces an importer.
        turn_masks: How masks are turned onto photos, a key of `TURNS`; None lets shapes, EXIF
            orientations and edges decide.
    """

    convention: Convention | None = None
    up: tuple[float, float, float] | None = None
    preset: str | None = None
    conf_thresh: float | None = None
    conf_percentile: float | None = None
    images: Path | None = None
    cloud: Path | None = None
    axes: Literal["cv", "gl"] | None = None
    intrinsics: tuple[float, float, float, float] | None = None
    depth_unit: float | None = None
    invalid_depth: int | None = None
    every: int = 1
    model: int | None = None
    ignore: tuple[str, ...] = ()
    first_id: int | None = None
    memory_limit: int | None = None
    format_name: str | None = None
    turn_masks: str | None = None


def load_scene(
    path: Path | str, options: LoadOptions | None = None, *, progress: Progress | None = None
) -> Scene:
    """Read a scene and find out what its file does not say.

    Args:
        path: The scene's file.
        options: What the user said about it.
        progress: Told how far it is.

    Raises:
        FormatError: The file is damaged or of an unknown kind.
        SceneError: Its parts do not fit together.
        ValueError: An option is out of range.
    """
    chosen = options or LoadOptions()
    _check(chosen)
    told = progress or _silent
    told(0.0, "reading")
    own = None if chosen.cloud is None else read_cloud(chosen.cloud)
    named = [path] if chosen.cloud is None else [path, chosen.cloud]
    with noting_files() as opened, reading(path, chosen.images):
        capture = read_capture(Path(path), _import_options(chosen), format_name=chosen.format_name)
    if own is not None and chosen.cloud is not None:
        capture = _with_cloud(capture, own, chosen.cloud)
    capture, rows = without_nowhere(capture)
    told(0.6, "checking cameras")
    frames, notes = directed(capture, chosen.convention)
    frames = evenly_stretched(named_apart(frames))
    if chosen.cloud is not None and capture.xyz is not None:
        notes += fit_of_cloud(chosen.cloud, capture.xyz, frames)
    rule = _rule_for(capture, frames, chosen, notes)
    notes += _unused_threshold(frames, chosen)
    told(0.7, "gathering points")
    left_out = LeftOut()
    cloud = _cloud(
        Path(path), capture, frames, rule=rule, limit=chosen.memory_limit, left_out=left_out
    )
    frames = tuple(f for f in frames if f.name not in left_out.names)
    notes += left_out.notes()
    told(0.85, "measuring")
    notes += told_of_far_off(cloud.xyz, frames)
    spacing = estimate_spacing(cloud.xyz)
    if capture.xyz is not None and capture.rgb is None:
        cloud = _colored(cloud, frames, rule=rule, spacing=spacing, notes=notes, told=told)
    metric = _is_metric(cloud, spacing, notes)
    told(1.0, "ready")
    return Scene(
        name=capture.name,
        cloud=cloud,
        frames=frames,
        rule=rule,
        spacing=spacing,
        up=_up(cloud, frames, chosen.up or capture.up),
        metric=metric,
        notes=(*capture.notes, *notes),
        labels=capture.labels,
        label_names=capture.label_names,
        preset=chosen.preset,
        # Absolute: what is written later may be written from another folder.
        sources=tuple(dict.fromkeys([*map(os.path.abspath, named), *opened])),
        rows=rows,
        turn_masks=chosen.turn_masks,
        origin=None if chosen.cloud is None or own is None else origin_of(chosen.cloud, own),
    )


def _is_metric(cloud: PointCloud, spacing: float, notes: list[str]) -> bool:
    """Return whether one unit is plausibly a metre, and say so where it is not."""
    metric = plausibly_metric(robust_diagonal(cloud.xyz), spacing)
    if not metric:
        notes.append(
            "Lengths are probably not metres: distances are given in multiples of the point"
            f" spacing ({spacing:.3g} units)."
        )
    return metric


def _silent(_share: float, _stage: str) -> None:
    """Tell nobody."""


def _import_options(options: LoadOptions) -> ImportOptions:
    """Return what concerns the importer."""
    shared = {f.name for f in fields(ImportOptions)} & {f.name for f in fields(options)}
    return ImportOptions(**{name: getattr(options, name) for name in shared})


def _with_cloud(capture: Capture, own: CloudFile, path: Path) -> Capture:
    """Return the capture with the user's cloud in place of its points."""
    note = f"{len(own.xyz):,} points of {path}"
    if own.labels is not None:
        note += f", {np.count_nonzero(own.labels):,} of them with a label"
    notes = [note + ".", *own.notes, *told_of_others(own, path)]
    return replace(
        capture,
        xyz=own.xyz,
        rgb=own.rgb,
        labels=own.labels,
        label_names=own.names,
        notes=(*capture.notes, *notes),
    )


def _check(options: LoadOptions) -> None:
    """Check what a caller passed.

    Raises:
        ValueError: Two thresholds, or a value out of range.
    """
    if options.conf_thresh is not None and options.conf_percentile is not None:
        msg = "give conf_thresh or conf_percentile, not both"
        raise ValueError(msg)
    if options.conf_percentile is not None and not 0 <= options.conf_percentile <= 100:
        msg = f"conf_percentile must lie in 0..100, got {options.conf_percentile}"
        raise ValueError(msg)
    if options.preset is not None and options.preset not in PRESETS:
        msg = f"preset must be one of {', '.join(PRESETS)}, got {options.preset!r}"
        raise ValueError(msg)
    if options.turn_masks is not None and options.turn_masks not in TURNS:
        msg = f"turn_masks must be one of {', '.join(TURNS)}, got {options.turn_masks!r}"
        raise ValueError(msg)
    if options.convention not in (None, "w2c", "c2w"):
        msg = f"convention must be 'w2c' or 'c2w', got {options.convention!r}"
        raise ValueError(msg)


def _unused_threshold(frames: tuple[Frame, ...], options: LoadOptions) -> list[str]:
    """Return a sentence about a threshold that no photo has values for."""
    given = {
        "conf_thresh (--conf-thresh)": options.conf_thresh,
        "conf_percentile (--confidence-percentile)": options.conf_percentile,
    }
    names = [name for name, value in given.items() if value is not None]
    if not names or any(f.confidence is not None for f in frames):
        return []
    return [f"{names[0]} has no effect on this scene: none of its photos comes with confidence."]


def _rule(frames: tuple[Frame, ...], options: LoadOptions) -> ConfidenceRule:
    """Return the user's rule, or the one that fits the values."""
    # Pixels without depth make no points; sky and borders would take the percentiles for them.
    maps = [
        f.confidence[np.isfinite(f.depth) & (f.depth > 0)]
        for f in frames
        if f.confidence is not None and f.depth is not None
    ]
    if options.conf_thresh is not None:
        return absolute_rule(options.conf_thresh)
    if options.conf_percentile is not None and maps:
        return percentile_rule(maps, options.conf_percentile)
    if options.preset is not None:
        return default_rule(maps, unit_threshold=PRESETS[options.preset].confidence)
    return default_rule(maps)


def _colored(
    cloud: PointCloud,
    frames: tuple[Frame, ...],
    *,
    rule: ConfidenceRule,
    spacing: float,
    notes: list[str],
    told: Progress,
) -> PointCloud:
    """Return a cloud without colours with those that its photos show, and say so."""
    rgb, seen = colors_from_photos(
        cloud.xyz,
        frames,
        rule=rule,
        tolerance=tolerance_of(frames, rule, spacing),
        spacing=spacing,
        unseen=_UNKNOWN_COLOR,
        progress=lambda share, stage: told(0.85 + 0.15 * share, stage),
    )
    if seen.any():
        unseen = int(np.count_nonzero(~seen))
        rest = f"; {unseen:,} that no photo sees stay grey" if unseen else ""
        notes.append(
            f"The cloud has no colours: {np.count_nonzero(seen):,} points take theirs from the"
            f" photos that see them{rest}."
        )
    else:
        notes.append("The cloud has no colours, and no photo sees its points: all stay grey.")
    return PointCloud(cloud.xyz, rgb)


def _rule_for(
    capture: Capture, frames: tuple[Frame, ...], options: LoadOptions, notes: list[str]
) -> ConfidenceRule:
    """Return which depth is trusted; what a file's own cloud was made of counts, and is told."""
    usual = _rule(frames, options)
    if capture.xyz is None or not _leaves_open(options):
        return usual
    rule = cloud_rule(usual, confidence_of_points(capture.xyz, frames))
    if rule != usual:
        notes.append(f"Depth is trusted from {rule.reason} (the usual rule: {usual.reason}).")
    return rule


def _leaves_open(options: LoadOptions) -> bool:
    """Return whether the user leaves it to the program which depth is trusted."""
    given = (options.conf_thresh, options.conf_percentile, options.preset)
    return all(value is None for value in given)


def _cloud(
    path: Path,
    capture: Capture,
    frames: tuple[Frame, ...],
    *,
    rule: ConfidenceRule,
    limit: int | None,
    left_out: LeftOut,
) -> PointCloud:
    """Return the file's points, or those that its trusted depths make."""
    if capture.xyz is None:
        cloud = cloud_of_depths(path, frames, rule=rule, limit=limit, left_out=left_out)
    else:
        grey = np.full((len(capture.xyz), 3), _UNKNOWN_COLOR, dtype=np.uint8)
        cloud = PointCloud(capture.xyz, grey if capture.rgb is None else capture.rgb)
    farthest = float(np.abs(cloud.xyz).max(initial=0))
    if not farthest < FARTHEST:
        msg = f"{path}: coordinates reach {farthest:.3g}, farther than any place: correct them"
        raise SceneError(msg)
    return cloud


def _up(
    cloud: PointCloud, frames: tuple[Frame, ...], given: tuple[float, float, float] | None
) -> FloatArray:
    """Return the user's up direction as a unit vector, or the estimated one."""
    if given is None:
        return estimate_up(cloud.xyz, [f.cam_from_world for f in frames])
    up = np.asarray(given, dtype=np.float64)
    length = float(np.linalg.norm(up))
    if not np.isfinite(length) or length == 0:
        msg = f"up must be a direction, got {given}"
        raise ValueError(msg)
    unit: FloatArray = up / length
    return unit
