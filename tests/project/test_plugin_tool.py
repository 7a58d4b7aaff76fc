"""Tools of other packages at the mouse."""

from __future__ import annotations

import threading

import numpy as np
import pytest

import o3d_paint as op
from o3d_paint.core.selection.photo_tool import PhotoTool
from o3d_paint.project.gestures import ToolContext
from o3d_paint.project.jobs import InlineJobs, Mailbox, Worker
from o3d_paint.project.plugin_tool import PluginTool
from tests.project.scenes import MASK_SHAPE, strip_scene


def disc_or_box(view):
    """A disc of 20 around each wanted place, without those around unwanted ones; or the box."""
    view.report(0.5)
    height, width = view.mask.shape
    y, x = np.mgrid[0:height, 0:width]
    if view.prompt.box is not None:
        box = view.prompt.box
        return (box.x0 <= x) & (x < box.x1) & (box.y0 <= y) & (y < box.y1)
    found = np.zeros(view.mask.shape, bool)
    for (u, v), wanted in zip(view.prompt.points, view.prompt.wanted, strict=True):
        near = np.hypot(x - u, y - v) < 20
        found = found | near if wanted else found & ~near
    return found


class Mouse:
    def __init__(self, run, make_jobs=InlineJobs):
        self.project = op.Project(strip_scene(), classes=["wall"])
        self.tool = PluginTool(self.project, make_jobs)
        self.tool.tool = PhotoTool("disc", run)
        self.errors, self.shares = [], []
        self.tool.failed.connect(self.errors.append)
        self.tool.progressed.connect(self.shares.append)

    def click(self, x, y, *, class_id=1, held=(), frame_idx=1, to=None):
        context = ToolContext(frame_idx, class_id, 0.0, modifiers=frozenset(held))
        self.tool.press(context, (x, y))
        self.tool.drag(to or (x + 1, y))
        sketch = self.tool.sketch
        self.tool.release()
        return sketch

    @property
    def mask(self):
        return self.project.mask(1)

    @property
    def steps(self):
        return len(self.project.history.done)


def disc(x, y):
    v, u = np.mgrid[0 : MASK_SHAPE[0], 0 : MASK_SHAPE[1]]
    return np.hypot(u - x, v - y) < 20


def test_a_click_is_one_step_and_further_ones_refine_it():
    mouse = Mouse(disc_or_box)
    mouse.click(60, 300)
    assert (mouse.mask == disc(60, 300)).all()
    assert mouse.shares == [0.0, 0.5, None]
    assert mouse.project.history.undo_name == "disc"
    mouse.click(70, 300, held=["shift"])
    assert (mouse.mask == (disc(60, 300) & ~disc(70, 300))).all()
    mouse.click(90, 300, held=["ctrl"])
    assert (mouse.mask == ((disc(60, 300) & ~disc(70, 300)) | disc(90, 300))).all()
    assert mouse.steps == 1
    mouse.click(60, 600)
    assert mouse.steps == 2
    mouse.project.undo()
    mouse.project.undo()
    assert not mouse.mask.any()


def test_what_was_painted_in_between_is_not_taken_back():
    mouse = Mouse(disc_or_box)
    mouse.click(60, 300)
    mouse.project.set_mask(2, np.ones(MASK_SHAPE, np.uint16))
    mouse.click(70, 300, held=["shift"])
    assert (mouse.mask == disc(60, 300)).all()
    assert mouse.project.mask(2).all()


def test_a_drag_is_a_box_of_whole_pixels_and_the_right_button_erases():
    mouse = Mouse(disc_or_box)
    sketch = mouse.click(50, 300, to=(20.2, 900))
    assert sketch.line[2] == (20.2, 900)
    box = np.zeros(MASK_SHAPE, bool)
    box[300:901, 20:51] = True
    assert (mouse.mask == box).all()
    mouse.click(30, 400, class_id=0)
    assert (mouse.mask == (box & ~disc(30, 400))).all()
    mouse.click(150, 10, to=(500, -50))
    assert mouse.tool.sketch is None
    assert mouse.mask[:11, 150:].all()


@pytest.mark.parametrize("fault", [ZeroDivisionError("oops"), SystemExit(3)])
def test_one_that_fails_says_so_and_the_next_click_works(fault):
    faults = [fault]

    def run(view):
        if faults:
            raise faults.pop()
        return disc_or_box(view)

    mouse = Mouse(run)
    mouse.click(60, 300)
    assert "'disc' failed" in str(mouse.errors[0])
    assert not mouse.tool.is_active
    assert mouse.steps == 0
    mouse.click(60, 300)
    assert (mouse.mask == disc(60, 300)).all()


def test_nothing_found_is_said():
    mouse = Mouse(lambda view: np.zeros(view.mask.shape, bool))
    mouse.click(60, 300)
    assert "nothing new" in str(mouse.errors[0])


def test_cancelling_does_not_wait_for_a_tool_that_does_not_stop():
    mailbox, asleep, wake = Mailbox(), threading.Event(), threading.Event()
    made = []

    def make():
        made.append(Worker(mailbox.post))
        return made[-1]

    def run(view):
        if not made[1:]:
            asleep.set()
            assert wake.wait(20)
        assert threading.current_thread() is not threading.main_thread()
        return disc_or_box(view)

    mouse = Mouse(run, make)
    mouse.click(60, 300)
    assert asleep.wait(20)
    assert mouse.tool.is_active
    assert mouse.tool.sketch.waits_at == (60, 300)
    mouse.tool.cancel()
    assert not mouse.tool.is_active
    assert mouse.shares[-1] is None
    mouse.click(60, 600)
    assert mailbox.run_until(lambda: mouse.steps == 1, timeout=20)
    assert (mouse.mask == disc(60, 600)).all()
    wake.set()
    made[0].close()
    mailbox.run_pending()
    assert (mouse.mask == disc(60, 600)).all()
    assert not mouse.errors
    mouse.tool.close()
    assert all(worker.close() for worker in made)
