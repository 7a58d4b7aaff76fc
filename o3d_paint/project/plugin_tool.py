"""Tools of other packages at the mouse: a click or a box is the prompt, the answer is one step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import floor, hypot

import numpy as np

from o3d_paint.core.arrays import BoolArray
from o3d_paint.core.mask import Rect
from o3d_paint.core.selection.photo_tool import PhotoTool, Prompt
from o3d_paint.errors import PaintError
from o3d_paint.project.gestures import Point, Sketch, Tool, ToolContext
from o3d_paint.project.jobs import Jobs, Report
from o3d_paint.project.photo_tools import run_photo_tool
from o3d_paint.project.project import Project
from o3d_paint.project.signals import Signal
from o3d_paint.project.tool_spec import ToolSpec

__all__ = ["PLUGIN", "PluginTool"]

_KEY = "tool"


@dataclass(frozen=True, slots=True)
class _Asked:
    """A prompt as it grows click by click.

    Attributes:
        context: Of the first click.
        points: Positions with whether they belong.
        box: Around what is meant, or None.
    """

    context: ToolContext
    points: tuple[tuple[Point, bool], ...] = ()
    box: Rect | None = None

    @property
    def prompt(self) -> Prompt:
        positions = np.array([p for p, _ in self.points], dtype=np.float64).reshape(-1, 2)
        return Prompt(positions, np.array([w for _, w in self.points], dtype=bool), self.box)


class PluginTool(Tool):
    """A click asks for what lies there, a drag for what a box holds.

    Ctrl+click adds a place that belongs as well, Shift+click one that does not: the answer before
    is taken back and the tool asked again.

    Attributes:
        tool: The chosen one.
        changed: Told when an answer came, or none will.
        progressed: Told the share done, None when it is over.
        failed: Told of errors.
    """

    def __init__(self, project: Project, make_jobs: Callable[[], Jobs]) -> None:
        """Paint on a project.

        Args:
            project: The work.
            make_jobs: Makes what tools run on; asked again after a run was cancelled, since
                somebody else's code may not stop.
        """
        self._project = project
        self._make_jobs = make_jobs
        self._jobs: Jobs | None = None
        self._pressed: tuple[ToolContext, Point] | None = None
        self._now: Point = (0.0, 0.0)
        self._running: _Asked | None = None
        self._answered: tuple[_Asked, object] | None = None
        self.tool: PhotoTool | None = None
        self.changed: Signal[[]] = Signal()
        self.progressed: Signal[[float | None]] = Signal()
        self.failed: Signal[[Exception]] = Signal()

    @property
    def is_active(self) -> bool:
        """Whether a button is down, or the tool at work."""
        return self._pressed is not None or self._running is not None

    @property
    def sketch(self) -> Sketch | None:
        """The box drawn so far, or where an answer is waited for."""
        if self._running is not None:
            at = self._running.points[-1][0] if self._running.points else self._now
            return Sketch(self._running.context.class_id, waits_at=at)
        if self._pressed is None or not self._is_box:
            return None
        context, (x0, y0) = self._pressed
        x1, y1 = self._now
        return Sketch(context.class_id, line=((x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)))

    def press(self, context: ToolContext, point: Point) -> None:
        """Begin; outside the photo nothing begins."""
        asked = self._running
        self.cancel()
        height, width = self._project.scene.frames[context.frame_idx].mask_shape
        if -0.5 <= point[0] < width - 0.5 and -0.5 <= point[1] < height - 0.5:
            self._pressed, self._now = (context, point), point
            if asked is not None and self._answered is None:
                # What was asked for still counts for a click that adds to it.
                self._answered = asked, None

    def drag(self, point: Point) -> None:
        """Draw a box."""
        self._now = point

    def release(self) -> None:
        """Ask the tool."""
        pressed, self._pressed = self._pressed, None
        if pressed is None or self.tool is None:
            return
        context, point = pressed
        if self._is_box_from(pressed):
            self._ask(_Asked(context, box=self._box(context, point)))
            return
        known = self._answered[0] if self._answered is not None else None
        adds = {"shift", "ctrl"} & context.modifiers
        if adds and known is not None and known.context.frame_idx == context.frame_idx:
            more = (*known.points, (point, "shift" not in adds))
            self._ask(replace(known, points=more), refines=True)
        else:
            self._ask(_Asked(context, ((point, True),)))

    def cancel(self) -> None:
        """Drop what is under way; a tool that does not stop is left behind."""
        self._pressed = None
        if self._running is not None:
            self._running = None
            self.close()
            self.progressed.emit(None)

    def close(self) -> None:
        """Use no thread any more."""
        jobs, self._jobs = self._jobs, None
        if jobs is not None:
            jobs.close(timeout=0.0)

    @property
    def _is_box(self) -> bool:
        return self._pressed is not None and self._is_box_from(self._pressed)

    def _is_box_from(self, pressed: tuple[ToolContext, Point]) -> bool:
        context, (x, y) = pressed
        return hypot(self._now[0] - x, self._now[1] - y) > context.grip

    def _box(self, context: ToolContext, start: Point) -> Rect:
        """Return the pixels from one corner to the other, both included."""
        (x0, x1), (y0, y1) = (sorted((a, b)) for a, b in zip(start, self._now, strict=True))
        rect = Rect(floor(x0 + 0.5), floor(y0 + 0.5), floor(x1 + 0.5) + 1, floor(y1 + 0.5) + 1)
        height, width = self._project.scene.frames[context.frame_idx].mask_shape
        return rect.clipped((height, width))

    def _ask(self, asked: _Asked, *, refines: bool = False) -> None:
        tool, context = self.tool, asked.context
        assert tool is not None
        before = self._answered[1] if refines and self._answered is not None else None
        frame = self._project.scene.frames[context.frame_idx]
        mask = self._project.mask(context.frame_idx).copy()
        prompt, class_id = asked.prompt, context.class_id
        self._running, self._answered = asked, None

        def work(report: Report) -> BoolArray:
            return run_photo_tool(
                tool, frame, mask, prompt=prompt, class_id=class_id, report=report
            )

        if self._jobs is None:
            self._jobs = self._make_jobs()
        self.progressed.emit(0.0)
        self._jobs.submit(
            _KEY,
            work,
            done=lambda coverage: self._done(asked, coverage, before=before),
            failed=self._fail,
            progressed=lambda share, _: self.progressed.emit(share),
        )

    def _done(self, asked: _Asked, coverage: BoolArray, *, before: object) -> None:
        tool, context, history = self.tool, asked.context, self._project.history
        self._running = None
        self.progressed.emit(None)
        if before is not None and history.done and history.done[-1] is before:
            self._project.undo()
        title = tool.title if tool is not None else "tool"
        try:
            painted = self._project.paint_area(
                context.frame_idx,
                Rect.whole((coverage.shape[0], coverage.shape[1])),
                coverage=coverage,
                class_id=context.class_id,
                protect=context.protect,
                name=title,
            )
        except PaintError as error:
            self._fail(error)
            return
        self._answered = asked, history.done[-1] if painted else None
        if not painted:
            self.failed.emit(PaintError(f"{title} found nothing new there: click elsewhere"))
        self.changed.emit()

    def _fail(self, error: Exception) -> None:
        self._running = None
        self.progressed.emit(None)
        self.failed.emit(error)
        self.changed.emit()


PLUGIN = ToolSpec(
    "plugin",
    "Tool of a plug-in…",
    "lightbulb",
    lambda parts: PluginTool(parts.project, parts.make_jobs),
    keys=("W",),
    hint="Click or drag a box; Ctrl+click adds to it, Shift+click takes away",
    needs_something=True,
)
