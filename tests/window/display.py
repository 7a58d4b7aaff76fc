"""A virtual X display for one test, and what a person does with it: look, click, drag, type."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from PIL import ImageGrab

SCREEN = (1280, 800)


@dataclass(frozen=True)
class Display:
    """A running Xvfb.

    Attributes:
        name: What DISPLAY is set to, such as ``":101"``.
        server: The Xvfb process.
    """

    name: str
    server: subprocess.Popen[bytes] = field(repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """The environment of a program that shall open its window here."""
        inherited = {
            k: v for k, v in os.environ.items() if k not in ("WAYLAND_DISPLAY", "XAUTHORITY")
        }
        return {**inherited, "DISPLAY": self.name}

    def screenshot(self) -> np.ndarray:
        """Returns the whole screen as (H, W, 3) uint8 RGB."""
        return np.asarray(ImageGrab.grab(xdisplay=self.name).convert("RGB"))

    def xdotool(self, *words: object) -> str:
        """Sends real input events, such as ``"mousemove", 10, 20, "mousedown", 1``."""
        command = ["xdotool", *(str(word) for word in words)]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=30, check=True
        )
        return done.stdout


def start_display(size: tuple[int, int] = SCREEN, *, resets: bool = False) -> Display:
    """Starts Xvfb on a free display number of its own choice and waits until it serves.

    Args:
        size: Width and height in pixels.
        resets: Whether it starts anew, deaf for a moment, when its last client leaves.
    """
    read_end, write_end = os.pipe()
    command = ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{size[0]}x{size[1]}x24"]
    server = subprocess.Popen(
        [*command, "-nolisten", "tcp", "-reset" if resets else "-noreset"],
        pass_fds=[write_end],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(write_end)
    with os.fdopen(read_end) as answer:
        number = answer.readline().strip()
    if not number:
        raise RuntimeError(f"Xvfb ended with code {server.wait()} before it served a display")
    return Display(f":{number}", server)


def stop(process: subprocess.Popen[bytes]) -> None:
    """Ends a process that a test has started: politely first."""
    process.terminate()
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(10)


def wait_until(condition: Callable[[], object], what: str, *, seconds: float = 60) -> object:
    """Polls `condition` until it returns something true, and returns that.

    Raises:
        AssertionError: It stayed false for `seconds`; the message says `what` was awaited.
    """
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if result := condition():
            return result
        time.sleep(0.05)
    raise AssertionError(f"after {seconds} s still not: {what}")
