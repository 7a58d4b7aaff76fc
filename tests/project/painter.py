"""A scripted painter: step k is the same in every process, so that runs can be compared."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from o3d_paint.core.brush import Stroke
from o3d_paint.project import autosave
from o3d_paint.project.jobs import Mailbox
from o3d_paint.project.project import Project
from o3d_paint.project.session import open_session
from tests.project.scenes import strip_scene

CLASSES = ["floor", "wall", "roof"]
NUM_POINTS, NUM_FRAMES = 800, 4


def scene():
    return strip_scene(NUM_POINTS, NUM_FRAMES)


def do_step(project: Project, k: int) -> None:
    """Do step ``k``: mostly strokes, each leaving one step in the journal at most."""
    rng = np.random.default_rng(k)
    ids = [c.class_id for c in project.taxonomy]
    what = rng.choice(
        ["stroke", "undo", "redo", "layer", "class", "clear", "mark", "fuse", "accept"],
        p=[0.59, 0.12, 0.08, 0.05, 0.06, 0.03, 0.02, 0.02, 0.03],
    )
    class_id = int(rng.choice([0, *ids]))
    if what == "stroke":
        points = rng.uniform((-20, -40), (180, 1120), (int(rng.integers(1, 6)), 2))
        frame = int(rng.integers(NUM_FRAMES))
        project._indexes.build_now(frame)  # what a stroke takes off is known from its start
        project.paint(frame, Stroke(points, rng.uniform(2, 60), class_id))
    elif what == "undo":
        project.undo()
    elif what == "redo":
        project.redo()
    elif what == "layer":
        project.set_layer(rng.integers(0, NUM_POINTS, 40), class_id)
    elif what == "class":
        _edit_class(project, rng, ids)
    elif what == "clear":
        frame = int(rng.integers(NUM_FRAMES))
        project._indexes.build_now(frame)
        project.clear(frame)
    elif what == "mark":
        project.set_hidden(int(rng.choice(ids)), bool(rng.integers(2)))
    elif what == "accept":
        _accept(project, rng)
    else:
        project.fuse()


def _accept(project: Project, rng: np.random.Generator) -> None:
    # What was fused may be gone after a crash: only what is painted is taken.
    project.show_fused(False)
    project.complete_indexes()
    project.accept(int(rng.integers(NUM_FRAMES)))


def _edit_class(project: Project, rng: np.random.Generator, ids: list[int]) -> None:
    if len(ids) < 5:
        names = {c.name for c in project.taxonomy}
        project.add_class(next(f"n{i}" for i in range(99) if f"n{i}" not in names))
    elif rng.integers(2):
        project.merge_class(ids[0], ids[-1])
    else:
        project.recolor_class(ids[1], (int(rng.integers(256)), 2, 3))


def paint_until_killed(root: Path, first: int, acknowledge: Connection) -> None:
    """Open the project and go on with step ``first``, telling of each that is finished."""
    # Checkpoints as often as may be: it is between their files that a kill is interesting.
    autosave._LOG_STEPS = 9
    mailbox = Mailbox()
    session = open_session(scene(), root, post=mailbox.post, classes=CLASSES)
    acknowledge.send(first)
    for k in range(first, first + 100_000):
        do_step(session.project, k)
        acknowledge.send(k + 1)
        mailbox.run_pending()
        if k % 23 == 0:
            session.save()
