"""A long painting session in the real window: nothing lost, memory bounded, a clean end.

Real mouse and keyboard events under a virtual display: strokes on all photos, undo, redo, fusing.
At the end the program is told to quit, and the project is read without it.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT))

from o3d_paint.io.scene import load_scene  # noqa: E402
from o3d_paint.project.session import open_session  # noqa: E402
from tests.window.app import App, small_scene  # noqa: E402
from tests.window.display import start_display  # noqa: E402

PHOTOS = 6


def main(arguments: list[str]) -> int:
    """Paints, counts and prints; returns 1 where something was lost."""
    parser = argparse.ArgumentParser(prog="bench.py window-endurance", description=__doc__)
    parser.add_argument("--strokes", type=int, default=200)
    options = parser.parse_args(arguments)
    display = start_display()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scene_path = small_scene(folder)
        app = App(display, folder, [scene_path])
        try:
            app.wait_open()
            start, first = monotonic(), _resident(app)
            steps = _session(app, options.strokes)
            seconds, last = monotonic() - start, _resident(app)
            painted = app.state["painted"]
            code = app.end()
        finally:
            app.kill()
            display.server.terminate()
        kept, kept_steps = _kept(scene_path)
    print(f"{options.strokes} strokes, {steps} steps left after undo, {seconds:.0f} s")
    print(f"memory {first:.0f} MB at first, {last:.0f} MB at the end, the renderer's included")
    print(f"exit code {code}; painted points: window {painted:,}, reopened {kept:,}")
    is_kept = kept == painted and kept_steps == steps and code == 0
    print("nothing lost" if is_kept else "SOMETHING WAS LOST")
    return int(not is_kept)


def _session(app: App, strokes: int) -> int:
    """Strokes on one photo after the other; every tenth is undone, every twentieth redone."""
    rng = np.random.default_rng(0)
    steps = 0
    for number in range(strokes):
        if number % 25 == 0:
            app.open_photo(number // 25 % PHOTOS)
        app.key(str(1 + number % 5))
        ends = rng.uniform(0.2, 0.8, (2, 2))
        app.drag([app.on_photo(*(ends[0] + (ends[1] - ends[0]) * t)) for t in np.linspace(0, 1, 8)])
        steps = app.wait(_has(steps + 1), f"stroke {number}")["steps"]
        if number % 10 == 9:
            app.key("ctrl+z")
            steps = app.wait(_has(steps - 1), "undone")["steps"]
        if number % 20 == 19:
            app.key("ctrl+y")
            steps = app.wait(_has(steps + 1), "redone")["steps"]
        if number % 100 == 99:
            app.key("ctrl+Return")
            app.wait(lambda s: not s["is_fusing"], "fused or switched off")
    return steps


def _has(steps: int) -> Callable[[dict[str, Any]], bool]:
    return lambda state: bool(state["steps"] == steps)


def _kept(scene_path: Path) -> tuple[int, int]:
    """Returns painted points and history steps of the project as it lies on disk."""
    session = open_session(load_scene(scene_path), scene_path.with_suffix(".o3dpaint"))
    session.project.complete_indexes()
    painted = int(np.count_nonzero(session.project.painted))
    steps = len(session.project.history.done)
    session.abandon()
    return painted, steps


def _resident(app: App) -> float:
    pages = int(Path(f"/proc/{app.process.pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 1e6
