"""From mouse event to changed pixel, measured from outside on a virtual display.

    python scripts/bench.py window [--scene scene.npz] [--project p.o3dpaint] [--size 1280x800]

A window on Xvfb (software renderer) opens the sample scene and a photo; the pointer draws lines
across the photo at 60 events a second. For each event the time is taken until the pixel under the
brush changes on the screen. Then photos are clicked in the strip, until each shows and until its
points are known, and the 3D view is orbited: from a step of the pointer to the first frame, and
from one frame on the screen to the next. The window's own account of its longest hold is
printed beside it.
"""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from bench.opened_window import (
    chosen_scene,
    chosen_size,
    opened_window,
    read_state,
    wait_for_state,
    window_options,
)
from bench.x11 import VirtualDisplay

_EVENTS_PER_S = 60
_STEP_PX = 6
_PAUSES_S = (0.3, 0.8, 1.5)


class _Sender(threading.Thread):
    """Moves the pointer along a row at a steady rate and notes when it was where."""

    def __init__(self, display: VirtualDisplay, xs: np.ndarray, y: int) -> None:
        super().__init__(daemon=True)
        self.sent: list[tuple[int, float]] = []
        self._display, self._xs, self._y = display, xs, y

    def run(self) -> None:
        start = time.perf_counter()
        for number, x in enumerate(self._xs):
            wait = start + number / _EVENTS_PER_S - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            self.sent.append((int(x), time.perf_counter()))
            self._display.move(int(x), self._y)


def _one_line(display: VirtualDisplay, row: int, left: int, right: int) -> list[float]:
    """Draw one line; return the delay of each position in seconds."""
    xs = np.arange(left, right, _STEP_PX)
    display.move(left, row)
    time.sleep(0.3)
    before = display.pixels(left, row + 4, right - left + 1, 1)[0].astype(int)
    sender = _Sender(display, xs, row)
    display.button(1, down=True)
    sender.start()
    seen: dict[int, float] = {}
    end = time.perf_counter() + len(xs) / _EVENTS_PER_S + 3
    while len(seen) < len(xs) and time.perf_counter() < end:
        now_pixels = display.pixels(left, row + 4, right - left + 1, 1)[0].astype(int)
        now = time.perf_counter()
        changed = np.abs(now_pixels - before).sum(axis=1) > 24
        for x in xs:
            if int(x) not in seen and changed[x - left]:
                seen[int(x)] = now
        time.sleep(0.003)
    sender.join()
    display.button(1, down=False)
    # The brush reaches ahead of the pointer: a pixel changes when the brush's edge comes by.
    sent = dict(sender.sent)
    return [max(0.0, seen[x] - sent[x]) for x in sent if x in seen] + [
        3.0 for x in sent if x not in seen
    ]


def measure(
    scene: Path, seconds: float, size: tuple[int, int], project: Path | None
) -> dict[str, Any]:
    """Open a scene, paint for some seconds, return figures."""

    def arguments(folder: Path) -> list[object]:
        return ["-m", "o3d_paint", "open", scene, "--project", project or folder / "p"]

    with opened_window(arguments, size) as (display, state_path):
        return _measure(display, state_path, seconds)


def _measure(display: VirtualDisplay, state_path: Path, seconds: float) -> dict[str, Any]:
    wait_for_state(state_path, lambda s: s.get("is_measured"), "the scene is open")
    display.move(1200, 400)
    display.key("Right")
    state = wait_for_state(
        state_path, lambda s: s.get("has_index") and s.get("has_picture"), "the photo is open"
    )
    for _ in range(12):
        display.key("bracketleft")
    time.sleep(4)
    state_path.with_suffix(".reset").touch()
    x, y, width, height = state["panels"]["canvas"]
    delays: list[float] = []
    pauses = itertools.cycle(_PAUSES_S)
    row, end = y + int(0.2 * height), time.monotonic() + seconds
    while time.monotonic() < end and row < y + 0.9 * height:
        delays += _one_line(display, row, x + int(0.2 * width), x + int(0.8 * width))
        row += 22
        time.sleep(next(pauses))
    final = read_state(state_path)
    values = np.array(delays) * 1000
    opened = _open_photos(display, state_path)
    return {
        "events": len(values),
        "median_ms": round(float(np.median(values)), 1),
        "p95_ms": round(float(np.percentile(values, 95)), 1),
        "max_ms": round(float(values.max()), 1),
        "points": final.get("num_points"),
        "painted": final.get("painted"),
        "full_frame_ms": round(1000 * final.get("frame_s", 0)),
        "orbit_answer_ms": _first_answer(display, state_path),
        "orbit_frame_ms": _orbit(display, state_path),
        **opened,
        "longest_holds_ms": final.get("holds_ms"),
    }


def _open_photos(display: VirtualDisplay, state_path: Path) -> dict[str, Any]:
    """Click photos that were not open before; median times until they show, and are indexed."""
    state = read_state(state_path)
    x, y, width, height = state["panels"]["canvas"]
    left, top = state["window_at"]
    strip = {k: v for k, v in state["items"].items() if k.startswith("strip/photo:")}
    shown, indexed = [], []
    for name, (at_x, at_y) in list(strip.items())[3:9]:
        number = int(name.rsplit(":", 1)[1])
        display.move(at_x + left, at_y + top)
        time.sleep(2.5)
        middle = (x + left + width // 4, y + top + height // 2, width // 2, 1)
        before = display.pixels(*middle)
        start = time.perf_counter()
        display.button(1, down=True)
        display.button(1, down=False)
        while np.array_equal(before, display.pixels(*middle)):
            if time.perf_counter() - start > 20:
                raise SystemExit(f"photo {number} was clicked and does not show")
            time.sleep(0.002)
        shown.append(time.perf_counter() - start)
        wait_for_state(state_path, lambda s, n=number: s.get("photo") == n and s["has_index"], name)
        indexed.append(time.perf_counter() - start)
    return {
        "photo_shown_ms": round(1000 * float(np.median(shown))),
        "photo_indexed_ms": round(1000 * float(np.median(indexed))),
    }


def _hold(display: VirtualDisplay, state_path: Path) -> tuple[int, int, Callable[[], np.ndarray]]:
    """Press the left button over the 3D view; return where, and what reads lines of the view."""
    state = read_state(state_path)
    x, y, width, height = state["scene"]
    left, top = state["window_at"]
    lines = [(x + left, y + top + height * k // 8, width, 1) for k in (3, 4, 5)]
    place = x + left + width // 2, y + top + height // 8
    display.move(*place)
    time.sleep(0.5)
    display.button(1, down=True)
    return *place, lambda: np.concatenate([display.pixels(*line) for line in lines])


def _first_answer(display: VirtualDisplay, state_path: Path, count: int = 20) -> int:
    """Turn the resting view by one step at a time; median time until it has turned, in ms."""
    x, y, look = _hold(display, state_path)
    times = []
    for step in range(1, count + 1):
        time.sleep(0.35 + 0.03 * (step % 4))
        before, start = look(), time.perf_counter()
        display.move(x + 10 * step, y)
        while np.array_equal(before, look()) and time.perf_counter() - start < 10:
            time.sleep(0.002)
        times.append(time.perf_counter() - start)
    display.button(1, down=False)
    return round(1000 * float(np.median(times)))


def _orbit(display: VirtualDisplay, state_path: Path, seconds: float = 6.0) -> int:
    """Orbit with the left button; median time from one frame to the next, in ms."""
    x, y, look = _hold(display, state_path)
    frames: list[float] = []
    last, start = look(), time.perf_counter()
    while (now := time.perf_counter() - start) < seconds:
        display.move(x + int(40 * now), y)
        pixels = look()
        if not np.array_equal(last, pixels):
            frames.append(now)
            last = pixels
        time.sleep(0.005)
    display.button(1, down=False)
    return round(1000 * float(np.median(np.diff(frames))))


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = window_options(__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=12.0)
    parser.add_argument("--project", type=Path, help="to paint in, with the ghosts of its photos")
    chosen = parser.parse_args(arguments)
    figures = measure(chosen_scene(chosen), chosen.seconds, chosen_size(chosen), chosen.project)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures, indent=1))
    return 0
