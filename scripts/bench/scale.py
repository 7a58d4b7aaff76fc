"""Time and memory from file to labels, for scenes of different size.

``python scripts/bench.py scale small/ big/`` with folders that ``bench.py make-scene`` wrote. Each
stage runs in a process of its own, so that memory is that stage's peak.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import resource
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from o3d_paint.project.project import Project

Figures = dict[str, float]


def main(arguments: list[str]) -> int:
    """Measures every folder and prints one table, a column each."""
    parser = argparse.ArgumentParser(prog="bench.py scale", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--json", type=Path, help="write the figures there too")
    options = parser.parse_args(arguments)
    columns = {}
    for folder in options.folders:
        figures: Figures = {}
        for stage in (_opening, _painting, _fusing):
            figures |= _alone(stage, folder)
        for masks in sorted(folder.glob("masks_*.json"), key=_painted_count):
            figures |= _command(folder, masks)
        columns[folder.name] = figures
    _print(columns)
    if options.json:
        options.json.write_text(json.dumps(columns, indent=1), encoding="utf-8")
    return 0


def _opening(folder: Path) -> Figures:
    """From the file to what the renderer is handed."""
    from o3d_paint.io.scene import load_scene

    start = perf_counter()
    scene = load_scene(folder / "scene.npz")
    center = scene.cloud.xyz.mean(axis=0)
    positions = (scene.cloud.xyz - center).astype(np.float32)
    colors = scene.cloud.rgb.astype(np.float32) / np.float32(255)
    assert len(positions) == len(colors)
    return {"points": len(positions), "file to cloud, s": perf_counter() - start}


def _painting(folder: Path) -> Figures:
    """A photo clicked, and brush movements on it."""
    from bench.live import walk
    from o3d_paint.core.views.colorize import CloudLook
    from o3d_paint.core.views.shown_cloud import shown_colors
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.project import Project
    from o3d_paint.ui.cloud_colors import CloudColors

    scene = load_scene(folder / "scene.npz")
    project = Project(scene)
    start = perf_counter()
    project.request_index(0)
    first = perf_counter()
    project.request_index(1)
    second = perf_counter()
    colors = CloudColors(project, CloudLook(), shown_colors(scene.cloud))
    colors.work(600.0)
    project.labels_changed.connect(colors.refresh)
    times = walk(project, 20, 400)
    median, late = np.percentile(times, [50, 95])
    return {
        "3D index of the first photo, loops loaded, s": first - start,
        "3D index of the next photo, s": second - first,
        "brush movement, median ms": float(median),
        "brush movement, p95 ms": float(late),
    }


def _fusing(folder: Path) -> Figures:
    """Fusion by graph: built, solved, and after one more stroke."""
    from o3d_paint.fusion.fuse import fuse
    from o3d_paint.fusion.graph import build_graph
    from o3d_paint.io.masks import load_masks
    from o3d_paint.io.scene import load_scene
    from o3d_paint.project.project import Project

    scene = load_scene(folder / "scene.npz")
    project = Project(scene)
    masks = load_masks(min(folder.glob("masks_*.json"), key=_painted_count), scene)
    project.ensure_classes([c.class_id for c in masks.taxonomy])
    for frame_idx, mask in masks.masks.items():
        project.set_mask(frame_idx, mask)
    project.complete_indexes()
    small = build_graph(scene.cloud, nodes=100)
    ready = fuse(scene.cloud, project.evidence(), graph=small)
    fuse(scene.cloud, project.evidence(), graph=small, known=ready, warm=True)
    start = perf_counter()
    graph = build_graph(scene.cloud)
    built = perf_counter()
    first = fuse(scene.cloud, project.snapshot().evidence(), frames=scene.frames, graph=graph)
    solved = perf_counter()
    seconds, warm = [], first
    for number in range(5):
        _stroke(project, next(iter(masks.masks)), number)
        evidence = project.snapshot().evidence()
        stroked = perf_counter()
        warm = fuse(scene.cloud, evidence, frames=scene.frames, graph=graph, known=warm, warm=True)
        seconds.append(perf_counter() - stroked)
    return {
        "graph, s": built - start,
        "solve and refine, s": solved - built,
        "one more stroke, median of 5, s": float(np.median(seconds)),
        "the first of these, s": seconds[0],
    }


def _stroke(project: Project, frame_idx: int, number: int) -> None:
    """Paint somewhere else each time."""
    project.begin_stroke(frame_idx, (300.0 + 40 * number, 300.0), class_id=1, radius=30)
    project.extend_stroke((600.0, 400.0 + 30 * number))
    project.end_stroke()


def _command(folder: Path, masks: Path) -> Figures:
    """The whole command, files included, compiled kernels warm."""
    out = folder / "labelled.ply"
    program = [sys.executable, "-m", "o3d_paint", "fuse"]
    start = perf_counter()
    subprocess.run(
        [*program, str(folder / "scene.npz"), "--quiet", "--masks", str(masks), "-o", str(out)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    seconds = perf_counter() - start
    out.unlink()
    count = _painted_count(masks)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
    return {f"fuse, {count} painted photos, s": seconds, "peak of all so far, GB": peak}


def _painted_count(path: Path) -> int:
    return int(path.stem.rsplit("_", 1)[1])


def _alone(stage: Callable[[Path], Figures], folder: Path) -> Figures:
    """Runs a stage in a process of its own and adds its peak memory."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_report, args=(stage, folder, sender))
    child.start()
    sender.close()
    figures: Figures = receiver.recv()
    child.join()
    return figures


def _report(stage: Callable[[Path], Figures], folder: Path, sender: Connection) -> None:
    figures = stage(folder)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    sender.send(figures | {f"peak of {stage.__name__.strip('_')}, GB": peak})


def _print(columns: dict[str, Figures]) -> None:
    names = list(dict.fromkeys(name for figures in columns.values() for name in figures))
    print(f"{'':<34}" + "".join(f"{title:>16}" for title in columns))
    for name in names:
        cells = (figures.get(name) for figures in columns.values())
        print(f"{name:<34}" + "".join(f"{_shown(c):>16}" for c in cells))


def _shown(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if value >= 10_000 else f"{value:.3g}"
