"""What a frame of the window costs while the eye moves, by what is in it.

    python scripts/bench.py frames [--scene scene.npz] [--size 1280x800] [--turn 10]

The window opens on Xvfb (software renderer) with a photo beside the cloud, and the pointer drags
over the 3D view at 60 events a second. In turns what is drawn anew of the 3D view is nothing (the
panels are drawn with every frame), the view without a point, the points of a moving view, and all
of them. Every frame carries a mark; the time is that from one mark on the screen to the next, of
the same loop in the same run. The share of a full frame is given of the whole window (also of the
panels alone and of a view without points: no moving view can take less), of what the 3D view adds
to the panels, and of what the points add to the rest.
"""

from __future__ import annotations

import itertools
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from bench.opened_window import (
    chosen_scene,
    chosen_size,
    opened_window,
    wait_for_state,
    window_options,
)
from bench.x11 import VirtualDisplay
from o3d_paint.ui.cloud_overlay import SIDE

_KINDS = ("panels", "no_points", "moving", "full")
_SETTLING = 2  # frames after a change of kind
_STEP = 60  # of the mark's red from kind to kind
_MARK = 40  # pixels into the corner of the 3D view


class _Turns:
    """Takes over what is drawn of the 3D view, and marks every frame with its kind and number."""

    def __init__(self, turn_s: float) -> None:
        self._turn_s = turn_s
        self._begin, self._number = 0.0, 0

    def draw(self, cloud: Any) -> None:
        """Put what the turn is about into the frame that follows a mouse event."""
        self._begin = self._begin or time.monotonic()
        turn = int((time.monotonic() - self._begin) / self._turn_s) % len(_KINDS)
        self._number += 1
        mark = np.zeros((SIDE, SIDE, 4), np.uint8)
        mark[:] = (_STEP * turn, self._number % 256, 0, 255)
        frame = cloud.widget.frame
        cloud.overlay.show(mark, frame.x, frame.y + frame.height - SIDE)
        if _KINDS[turn] == "no_points":
            cloud._full.show(False)
            cloud._coarse.show(False)
            cloud.widget.force_redraw()
        elif _KINDS[turn] != "panels":
            cloud._draw("full" if _KINDS[turn] == "full" else "coarse")


def _inside(scene: Path, project: Path, go: Path, turn_s: float) -> None:
    """Open the window; its drawing is taken over as soon as a file says so."""
    from o3d_paint.io.scene import LoadOptions
    from o3d_paint.ui.app import run
    from o3d_paint.ui.cloud_view import CloudView

    turns = _Turns(turn_s)
    usual_tick, usual_follow = CloudView.tick, CloudView.follow

    def tick(cloud: CloudView, *, is_painting: bool) -> bool:
        return False if go.exists() else usual_tick(cloud, is_painting=is_painting)

    def follow(cloud: CloudView) -> bool:
        if not go.exists():
            return usual_follow(cloud)
        turns.draw(cloud)
        return False

    CloudView.tick = tick  # type: ignore[method-assign, assignment]
    CloudView.follow = follow  # type: ignore[method-assign, assignment]
    run(scene, options=LoadOptions(), project=project)


def measure(scene: Path, size: tuple[int, int], rounds: int, turn_s: float) -> dict[str, Any]:
    """Open a scene, orbit, return milliseconds and shares."""

    def arguments(folder: Path) -> list[object]:
        return [sys.argv[0], "frames", "--inside", scene, folder / "p", folder / "go", turn_s]

    with opened_window(arguments, size) as (display, state_path):
        wait_for_state(state_path, lambda s: s.get("is_measured"), "the scene is open")
        display.move(size[0] * 3 // 4, size[1] * 2 // 5)
        display.key("Right")
        state = wait_for_state(state_path, lambda s: s.get("has_index"), "the photo is open")
        time.sleep(4)
        state_path.with_name("go").touch()
        seen = _drag(display, state, seconds=rounds * len(_KINDS) * turn_s)
    times = _medians(seen)
    moving, full, panels, no_points = (times[k] for k in ("moving", "full", "panels", "no_points"))
    return {
        **{f"{kind}_ms": round(1000 * seconds, 1) for kind, seconds in times.items()},
        "moving_share_of_full": round(moving / full, 3),
        "panels_share_of_full": round(panels / full, 3),
        "no_points_share_of_full": round(no_points / full, 3),
        "moving_share_of_full_beyond_panels": round((moving - panels) / (full - panels), 3),
        "moving_share_of_full_beyond_no_points": round(
            (moving - no_points) / (full - no_points), 3
        ),
    }


def _drag(
    display: VirtualDisplay, state: dict[str, Any], seconds: float
) -> list[tuple[int, int, float]]:
    """Orbit; return red and green of the mark and the time whenever it changed on the screen."""
    x, y, width, height = state["scene"]
    left, top = (a + b for a, b in zip(state["window_at"], (x, y), strict=True))
    display.move(left + width // 2, top + height // 8)
    time.sleep(0.5)
    display.button(1, down=True)
    seen: list[tuple[int, int, float]] = []
    start = moved = time.monotonic()
    while (now := time.monotonic()) - start < seconds:
        if now - moved >= 1 / 60:
            moved = now
            step = int(60 * (now - start)) % (width // 2)
            display.move(left + width // 4 + step, top + height // 8)
        red, green, _ = map(int, display.pixels(left + _MARK, top + height - _MARK, 1, 1)[0, 0])
        if not seen or seen[-1][:2] != (red, green):
            seen.append((red, green, now))
        time.sleep(0.002)
    display.button(1, down=False)
    return seen


def _medians(seen: list[tuple[int, int, float]]) -> dict[str, float]:
    """Return the median time from one frame of a kind to the next of the same kind, in seconds."""
    times: dict[str, list[float]] = {kind: [] for kind in _KINDS}
    run = 0
    for (before, _, since), (red, _, now) in itertools.pairwise(seen):
        run = run + 1 if red == before else 0
        if run > _SETTLING and red % _STEP == 0 and red // _STEP < len(_KINDS):
            times[_KINDS[red // _STEP]].append(now - since)
    missing = [kind for kind, values in times.items() if len(values) < _SETTLING]
    if missing:
        raise SystemExit(f"too few frames of {', '.join(missing)}: give each more with --turn 8")
    return {kind: float(np.median(values)) for kind, values in times.items()}


def main(arguments: list[str]) -> int:
    """Measure and print."""
    if arguments[:1] == ["--inside"]:
        scene, project, go = map(Path, arguments[1:4])
        _inside(scene, project, go, float(arguments[4]))
    parser = window_options(__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--turn", type=float, default=2.5, help="seconds of a kind in a round")
    chosen = parser.parse_args(arguments)
    figures = measure(chosen_scene(chosen), chosen_size(chosen), chosen.rounds, chosen.turn)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(figures, indent=1))
    print(json.dumps(figures, indent=1))
    return 0
