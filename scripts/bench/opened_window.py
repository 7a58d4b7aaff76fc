"""The real window on a display of its own, for benches that measure it from outside."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.x11 import VirtualDisplay

__all__ = [
    "chosen_scene",
    "chosen_size",
    "opened_window",
    "read_state",
    "wait_for_state",
    "window_options",
]


@contextlib.contextmanager
def opened_window(
    arguments: Callable[[Path], list[object]], size: tuple[int, int]
) -> Iterator[tuple[VirtualDisplay, Path]]:
    """Run Python with arguments, made for a new folder; give its display and its state file."""
    folder = Path(tempfile.mkdtemp(prefix="o3d-paint-bench-"))
    state_path = folder / "state.json"
    display = VirtualDisplay(*size)
    environment = {
        **os.environ,
        "DISPLAY": display.name,
        "O3D_PAINT_TEST_STATE": str(state_path),
        "O3D_PAINT_WINDOW": f"{size[0]}x{size[1]}",
    }
    environment.pop("WAYLAND_DISPLAY", None)
    command = [sys.executable, *map(str, arguments(folder))]
    with (folder / "log.txt").open("wb") as log:
        app = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield display, state_path
    finally:
        app.terminate()
        app.wait(30)
        display.close()


def read_state(path: Path) -> dict[str, Any]:
    """Return the window's own account of itself; empty where there is none yet."""
    try:
        state: dict[str, Any] = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return state


def wait_for_state(
    path: Path, condition: Any, what: str, *, seconds: float = 120
) -> dict[str, Any]:
    """Return the window's own account of itself once a condition holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = read_state(path)
        if state and condition(state):
            return state
        time.sleep(0.05)
    raise SystemExit(f"after {seconds} s still not: {what}; state {state}")


def window_options(title: str) -> argparse.ArgumentParser:
    """Return a parser of what all these benches can be told."""
    parser = argparse.ArgumentParser(description=title)
    parser.add_argument("--scene", type=Path, help="another than the sample")
    parser.add_argument("--size", default="1600x1000", help="of the window, in pixels")
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser


def chosen_scene(chosen: argparse.Namespace) -> Path:
    """Return the scene's absolute path."""
    if chosen.scene is None:
        from o3d_paint.io.sample import sample_scene_path

        return sample_scene_path().absolute()
    scene: Path = chosen.scene
    return scene.absolute()


def chosen_size(chosen: argparse.Namespace) -> tuple[int, int]:
    """Return (width, height) of the window in pixels."""
    width, height = map(int, chosen.size.split("x"))
    return width, height
