"""The program in a process of its own, driven like a person does: real events, and looking."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
from o3d_paint.ui.commands import commands, find_command
from tests.window.display import Display, wait_until

WINDOW = (1100, 720)
_HOLD_S = 0.12
_MENU_HOLD_S = 0.25  # the toolkit's own widgets see the mouse only when they are drawn
_STATE_S = 0.3  # so soon the state tells of a click
# Where the titles of the menus stand, device pixels from the window's left edge.
_MENU_AT = {"File": 22, "Edit": 62, "View": 105, "Photo": 154, "Label": 205, "Help": 253}
_X_NAMES = {
    "[": "bracketleft",
    "]": "bracketright",
    "-": "minus",
    "=": "equal",
    ",": "comma",
    ".": "period",
    "?": "question",
    "Enter": "Return",
    "Backspace": "BackSpace",
}


def x_key(key: str) -> str:
    """Return what xdotool calls a key of the table of commands."""
    *modifiers, last = key.split("+")
    name = _X_NAMES.get(last, last.lower() if len(last) == 1 else last)
    return "+".join([*(m.lower() for m in modifiers), name])


def small_scene(folder: Path) -> Path:
    """A sample scene that a software renderer draws quickly."""
    options = SampleOptions(photos=6, resolution=120, shadows=False, smooth=False)
    return write_sample(generate_sample(options), folder)


class App:
    """A running window.

    Attributes:
        process: The program.
        display: Where its window is.
    """

    def __init__(
        self,
        display: Display,
        folder: Path,
        arguments: Sequence[object] = (),
        *,
        program: Sequence[str] = ("-m", "o3d_paint", "open"),
        shows_hints: bool = False,
    ) -> None:
        self.display = display
        self._clicked_at = 0.0
        self._state_file = folder / "state.json"
        self._state_file.unlink(missing_ok=True)
        self._log = folder / "log.txt"
        environment = {
            **display.environment,
            "O3D_PAINT_TEST_STATE": str(self._state_file),
            "O3D_PAINT_WINDOW": "x".join(map(str, WINDOW)),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_DATA_HOME": str(folder / "data"),
        }
        # The first steps would lie over what tests look at; they have a test of their own.
        memory = folder / "data" / "o3d-paint" / "window.json"
        if not memory.exists() and not shows_hints:
            memory.parent.mkdir(parents=True, exist_ok=True)
            memory.write_text(json.dumps({"has_seen_hints": True}))
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *program, *(str(a) for a in arguments)],
                env=environment,
                stdout=log,
                stderr=log,
                cwd=folder,
            )

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def state(self) -> dict[str, Any]:
        assert self.process.poll() is None, f"the program ended: {self.log[-3000:]}"
        try:
            return json.loads(self._state_file.read_text())
        except (OSError, ValueError):
            return {}

    def wait(self, condition: Callable[[dict[str, Any]], object], what: str) -> dict[str, Any]:
        """Wait until the state meets a condition; returns that state."""
        found: list[dict[str, Any]] = []

        def holds() -> bool:
            state = self.state
            # Figures of a moment ago would make every comparison a gamble.
            if state and state.get("is_counted", True) and condition(state):
                found.append(state)
            return bool(found)

        try:
            wait_until(holds, what, seconds=90)
        except AssertionError as error:
            left_out = ("panels", "items", "commands", "classes", "cameras", "holds_ms")
            state = {k: v for k, v in self.state.items() if k not in left_out}
            raise AssertionError(f"{error}; it is {state}") from None
        return found[0]

    def wait_open(self) -> dict[str, Any]:
        return self.wait(
            lambda s: s.get("cameras") and s["coverage"] and s["is_measured"], "the scene is open"
        )

    def mouse(self, *words: object) -> None:
        self.display.xdotool(*words)

    def on_screen(self, x: float, y: float) -> tuple[int, int]:
        left, top = self.state["window_at"]
        return int(x) + left, int(y) + top

    def click(
        self, x: float, y: float, *, button: int = 1, keys: str = "", hold_s: float = _HOLD_S
    ) -> None:
        held = ("keydown", keys) if keys else ()
        let_go = ("keyup", keys) if keys else ()
        self.mouse("mousemove", *self.on_screen(x, y), *held, "mousedown", button)
        time.sleep(hold_s)
        self.mouse("mouseup", button, *let_go)
        self._clicked_at = time.monotonic()

    def click_item(self, name: str) -> None:
        self.click(*self.wait(lambda s: name in s["items"], name)["items"][name])

    def drag(self, points: Sequence[tuple[float, float]], *, button: int = 1) -> None:
        first, *rest = [self.on_screen(x, y) for x, y in points]
        self.mouse("mousemove", *first, "mousedown", button)
        words: list[object] = []
        for x, y in rest:
            words += ["mousemove", x, y, "sleep", 0.02]
        self.mouse(*words)
        self.mouse("mouseup", button)
        self._clicked_at = time.monotonic()

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """What the mouse does meanwhile reaches the program all at once, behind a long frame."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def rest(self) -> None:
        """Wait until a click has done its work: a key before that never arrives."""
        news = self._clicked_at + _STATE_S

        def arrives() -> bool:
            state = self.state
            # A program that does not tell how old its state is tells nothing of keys either.
            is_new = state.get("at", time.monotonic()) >= news
            return is_new and state.get("takes_keys", True)

        wait_until(arrives, "keys arrive")

    def key(self, name: str) -> None:
        self.rest()
        self.mouse("key", name)

    def press(self, key: str) -> None:
        """Press a key as the table of commands writes it: ``Ctrl+Shift+Z``, ``[``, ``Enter``."""
        self.key(x_key(key))

    def undo(self) -> None:
        """Take the last step back, and wait until it is."""
        steps = self.state["steps"]
        self.key("ctrl+z")
        self.wait(lambda s: s["steps"] == steps - 1, "undone")

    def choose(self, command_id: str) -> None:
        """Choose a command in the menu bar with the mouse."""
        command = find_command(command_id)
        listed = [c for c in commands() if c.group == command.group and c.in_menu]
        position = listed.index(command)
        lines = sum(c.divider for c in listed[: position + 1])
        left, top = _MENU_AT[command.group], 40 + 24 * position + 8 * lines
        title, entry = self.on_screen(left, 12), self.on_screen(left + 20, top)
        self.mouse("mousemove", entry[0], entry[1] + 40)
        time.sleep(_HOLD_S)
        is_closed = self._around(*title)

        def becomes(is_open: bool) -> bool:
            end = time.monotonic() + 2
            while time.monotonic() < end:
                if np.array_equal(self._around(*title), is_closed) != is_open:
                    return True
                time.sleep(0.05)
            return False

        def opens() -> bool:
            self.click(left, 12, hold_s=_MENU_HOLD_S)
            self.mouse("mousemove", *entry)
            time.sleep(_MENU_HOLD_S)
            return becomes(is_open=True)

        def closes() -> object:
            time.sleep(_MENU_HOLD_S)
            self.click(left + 20, top, hold_s=_MENU_HOLD_S)
            # The toolkit's dialogs dim the menu bar.
            return becomes(is_open=False) or self.state["file_dialog"]

        wait_until(opens, f"the menu {command.group} opens")
        wait_until(closes, f"{command_id} is chosen")

    def _around(self, x: int, y: int) -> np.ndarray:
        """The pixels around a place of the screen."""
        return self.display.screenshot()[y - 8 : y + 8, x : x + 60]

    def type(self, text: str) -> None:
        self.mouse("type", "--delay", "40", text)

    def panel(self, name: str) -> tuple[int, int, int, int]:
        x, y, width, height = self.state["panels"][name]
        return x, y, width, height

    def on_photo(self, across: float, down: float) -> tuple[float, float]:
        """Window position of a place of the open photo, shares of its width and height."""
        x, y, _, _ = self.panel("canvas")
        zoom, left, top = self.state["viewport"]
        height, width = self.state["mask_shape"]
        return x + left + across * width * zoom, y + top + down * height * zoom

    def open_photo(self, number: int) -> dict[str, Any]:
        self.click_item(f"strip/photo:{number}")
        return self.wait_photo(number)

    def wait_photo(self, number: int) -> dict[str, Any]:
        def is_open(s: dict[str, Any]) -> bool:
            if s["photo"] != number or not (s["has_index"] and s["has_picture"]):
                return False
            # The first photo gets its room with the next layout, and a pixel until then.
            return s["viewport"][0] * s["mask_shape"][1] > 8

        return self.wait(is_open, f"photo {number} is open")

    def picture(self, name: str) -> np.ndarray:
        """The pixels of a panel as they are on the screen."""
        x, y, width, height = self.state["scene"] if name == "scene" else self.panel(name)
        left, top = self.on_screen(x, y)
        shot = self.display.screenshot()
        return shot[top : top + height, left : left + width].astype(int)

    def wait_changed(self, name: str, before: np.ndarray, *, pixels: int = 50) -> np.ndarray:
        """Wait until a panel differs from an earlier picture; returns the new one."""
        found: list[np.ndarray] = []

        def differs() -> bool:
            now = self.picture(name)
            changed = now.shape == before.shape and np.abs(now - before).sum(axis=2) > 40
            if np.count_nonzero(changed) >= pixels:
                found.append(now)
            return bool(found)

        wait_until(differs, f"{name} looks different", seconds=60)
        return found[0]

    def settled(self, name: str) -> np.ndarray:
        """The picture of a panel once it stays the same."""
        last = [self.picture(name)]

        def is_same() -> bool:
            time.sleep(1.2)
            now = self.picture(name)
            same = np.array_equal(now, last[0])
            last[0] = now
            return same

        wait_until(is_same, f"{name} keeps still", seconds=60)
        return last[0]

    def wait_file(self, path: Path) -> None:
        """Wait until the program has written a file, or has ended."""
        wait_until(lambda: path.exists() or self.process.poll() is not None, f"{path.name}")
        assert path.exists(), f"the program ended: {self.log[-3000:]}"

    def end(self, number: int = signal.SIGTERM) -> int:
        """Ask the program to end as the system does, and return its exit code."""
        self.process.send_signal(number)
        return self.process.wait(60)

    def kill(self) -> None:
        if self.process.poll() is None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait(20)
