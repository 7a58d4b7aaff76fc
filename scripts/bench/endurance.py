"""Eight hours of work simulated without a window: 50,000 strokes and all that comes between them.

The session runs as in the window: a worker for what takes long, a journal, checkpoints. Memory is
what the system counts for the process. The time of a step is the time that the UI thread computes.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from o3d_paint.io.sample import sample_scene_path
from o3d_paint.io.scene import load_scene
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.project import Project
from o3d_paint.project.session import Session, open_session, read_project

MAX_GROWTH, MAX_SLOWDOWN = 0.10, 1.2
CLASSES = ["base plate", "walls", "roof", "figures", "accessories"]


@dataclass
class Figures:
    """What is measured on the way."""

    seconds: list[float] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)


def main(arguments: list[str]) -> int:
    """Simulates, prints the figures, and returns 1 where one of them is missed."""
    parser = argparse.ArgumentParser(prog="bench.py endurance", description=__doc__)
    parser.add_argument("scene", nargs="?", help="scene file; the sample scene if not given")
    parser.add_argument("--strokes", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args(arguments)
    scene = load_scene(options.scene or sample_scene_path())
    with tempfile.TemporaryDirectory(prefix="o3d-paint-endurance-") as folder:
        root = Path(folder) / "scene.o3dpaint"
        mailbox = Mailbox()
        session = open_session(scene, root, post=mailbox.post, classes=CLASSES)
        failures: list[Exception] = []
        session.project.save_failed.connect(failures.append)
        session.project.fuse_failed.connect(failures.append)
        started = time.perf_counter()
        figures = simulate(session, mailbox, options.strokes, np.random.default_rng(options.seed))
        took = time.perf_counter() - started
        mailbox.run_until(lambda: not session.project.missing_indexes())
        labels = session.project.painted.copy()
        equal = np.array_equal(labels, session.project.rebuilt_labels())
        session.close()
        size = sum(p.stat().st_size for p in root.rglob("*") if p.is_file())
        again, messages = read_project(root, scene)
        reopened = np.array_equal(again.painted, labels) and not messages
        reopened &= again.history.done == session.project.history.done
    print(f"{len(scene.cloud):,} points, {len(scene.frames)} photos, {options.strokes:,} strokes")
    print(", ".join(f"{count:,} {name}" for name, count in sorted(figures.counts.items())))
    good = report(figures) and equal and reopened and not failures
    print(f"labels equal a rebuild: {equal}; the reopened project is the same: {reopened}")
    print(f"failures: {len(failures)}; project folder {size / 1e6:.1f} MB; {took:.0f} s in all")
    return 0 if good else 1


def simulate(session: Session, mailbox: Mailbox, strokes: int, rng: np.random.Generator) -> Figures:
    """Paints, with everything else that a day brings in between."""
    project, figures = session.project, Figures()
    frame_idx = 0
    for number in range(strokes):
        if number % 40 == 0:
            frame_idx = int(rng.integers(len(project.scene.frames)))
            if not project.request_index(frame_idx):
                # A person looks at a photo before painting: strokes then meet its index.
                mailbox.run_until(partial(_has_index, project, frame_idx))
        computed, waited = time.thread_time(), time.perf_counter()
        stroke(project, frame_idx, rng)
        mailbox.run_pending()
        figures.seconds.append(time.thread_time() - computed)
        figures.waits.append(time.perf_counter() - waited)
        between(session, mailbox, number, rng, figures.counts)
        if number % max(1, strokes // 200) == 0:
            figures.memory.append(resident())
    return figures


def stroke(project: Project, frame_idx: int, rng: np.random.Generator) -> None:
    """Draws one stroke of ten movements somewhere on the photo."""
    height, width = project.mask(frame_idx).shape
    ids = [0, *(c.class_id for c in project.taxonomy)]
    place = rng.uniform((0, 0), (width, height))
    project.begin_stroke(
        frame_idx,
        (place[0], place[1]),
        class_id=int(rng.choice(ids)),
        radius=float(rng.uniform(4, 40)),
    )
    for _ in range(10):
        place = place + rng.normal(0, 20, 2)
        project.extend_stroke((place[0], place[1]))
    project.end_stroke()


def _has_index(project: Project, frame_idx: int) -> bool:
    return project.index(frame_idx) is not None


def between(
    session: Session,
    mailbox: Mailbox,
    number: int,
    rng: np.random.Generator,
    counts: dict[str, int],
) -> None:
    """Does what comes between two strokes, now and then."""
    project = session.project

    def count(name: str) -> None:
        counts[name] = counts.get(name, 0) + 1

    if rng.random() < 0.15:
        for _ in range(int(rng.integers(1, 5))):
            project.undo()
            count("undos")
        for _ in range(int(rng.integers(0, 4))):
            project.redo()
            count("redos")
    if rng.random() < 0.01:
        edit_classes(project, rng)
        count("class changes")
    if rng.random() < 0.005:
        points = rng.integers(0, len(project.scene.cloud), 2000)
        project.set_layer(points.astype(np.int32), int(rng.choice([0, 1, 2])))
        count("3D strokes")
    if number % 500 == 499:
        project.request_fuse(warm=bool(rng.random() < 0.5))
        mailbox.run_until(lambda: not project.is_fusing)
        count("fusions")
    if number % 200 == 199:
        session.save()
        count("saves")


def resident() -> int:
    """Returns the bytes of memory that the process holds now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def edit_classes(project: Project, rng: np.random.Generator) -> None:
    """Adds a class, or removes, merges, renames one."""
    ids = [c.class_id for c in project.taxonomy]
    names = {c.name for c in project.taxonomy}
    if len(ids) < 6:
        project.add_class(next(f"class {i}" for i in range(99) if f"class {i}" not in names))
    elif rng.random() < 0.3:
        project.remove_class(ids[-1])
    elif rng.random() < 0.5:
        project.merge_class(ids[-1], ids[0])
    else:
        project.recolor_class(ids[0], (int(rng.integers(256)), 80, 80))


def report(figures: Figures) -> bool:
    """Prints memory and speed; returns whether both hold."""
    memory = np.array(figures.memory) / 1e6
    tenth = memory[len(memory) // 10]
    growth = memory[-len(memory) // 20 :].mean() / tenth - 1
    print(
        f"memory {memory[0]:.0f} MB at the start, {tenth:.0f} after a tenth, {memory.max():.0f} at"
        f" most, {memory[-1]:.0f} at the end: growth {growth:+.1%} (limit {MAX_GROWTH:.0%})"
    )
    thousand = min(1000, len(figures.seconds) // 3)
    ratios = []
    for title, times in (("computing", figures.seconds), ("by the clock", figures.waits)):
        first, last = np.sum(times[:thousand]), np.sum(times[-thousand:])
        ratios.append(last / first)
        median, late = np.percentile(np.array(times) * 1e3, [50, 99])
        print(
            f"a stroke, {title}: median {median:.2f} ms, p99 {late:.2f} ms; first {thousand}"
            f" {first:.2f} s, last {last:.2f} s: ratio {ratios[-1]:.2f} (limit {MAX_SLOWDOWN})"
        )
    return bool(growth <= MAX_GROWTH and ratios[0] <= MAX_SLOWDOWN)
