"""`kill -9` at random moments: every finished step is there afterwards.

The recorded run: ``O3D_PAINT_KILLS=500 pytest tests/project/test_kill.py``.
"""

from __future__ import annotations

import multiprocessing
import os
import random
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.project.project import Project
from o3d_paint.project.session import read_project
from tests.project import painter

KILLS = int(os.environ.get("O3D_PAINT_KILLS", "20"))


def differences(one: Project, other: Project) -> list[str]:
    masks = {*one.painted_frames, *other.painted_frames}
    compared = {
        "classes": one.taxonomy == other.taxonomy,
        "marks": (one.hidden, one.locked) == (other.hidden, other.locked),
        "masks": all(np.array_equal(one.mask(i), other.mask(i)) for i in masks),
        "labels": np.array_equal(one.painted, other.painted),
        "accepted": np.array_equal(one.accepted.labels, other.accepted.labels)
        and np.array_equal(one.accepted.percents, other.accepted.percents),
        "undo": one.history.done == other.history.done,
        "redo": one.history.undone == other.history.undone,
    }
    return [name for name, equal in compared.items() if not equal]


def kill_at_random(root: Path, first: int, *, chance: random.Random) -> int:
    """Let a child paint from step ``first``, kill it, and return the last step that it finished."""
    context = multiprocessing.get_context("forkserver")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=painter.paint_until_killed, args=(root, first, sender))
    child.start()
    sender.close()
    finished = first
    # Some die while opening, some between two records, some while a checkpoint is written.
    wanted = first + chance.choice([0, 0, 1, 3, 10, 30, 60])
    opening = chance.random() < 0.2
    if not opening:
        while finished < wanted:
            finished = receiver.recv()
    receiver.poll(chance.random() * (0.15 if opening else 0.02))
    child.kill()
    child.join()
    try:
        while True:
            finished = receiver.recv()
    except EOFError:
        return finished


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs POSIX processes")
@pytest.mark.timeout(60 + 10 * KILLS)
def test_every_finished_step_survives_kill_9(tmp_path: Path) -> None:
    multiprocessing.get_context("forkserver").set_forkserver_preload(["tests.project.painter"])
    chance = random.Random(7)
    root = tmp_path / "killed.o3dpaint"
    scene = painter.scene()
    expected, step = Project(scene, painter.CLASSES), 0
    lost_on_the_way = 0
    for kill in range(KILLS):
        finished = kill_at_random(root, step, chance=chance)
        while step < finished:
            painter.do_step(expected, step)
            step += 1
        found, messages = read_project(root, scene)
        if not step and not (root / "project.sqlite").exists():
            continue
        differing = differences(found, expected)
        if differing:
            # Written, but killed before it could say so.
            painter.do_step(expected, step)
            step += 1
            lost_on_the_way += 1
        after = differences(found, expected)
        assert not after, f"kill {kill} after step {finished}: {differing}, {after}, {messages}"
        assert not [m for m in messages if "damaged" in m or "lost" in m]
        np.testing.assert_array_equal(found.painted, found.rebuilt_labels())
    assert step >= KILLS
    print(f"{KILLS} kills, {step} steps, {lost_on_the_way} finished without a word")  # noqa: T201
