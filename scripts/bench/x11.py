"""A virtual display driven from here: exact times of what is sent, exact pixels of what is seen."""

from __future__ import annotations

import ctypes
import os
import subprocess

import numpy as np

_ALL_PLANES = ctypes.c_ulong(-1).value
_Z_PIXMAP = 2


class VirtualDisplay:
    """An Xvfb with a connection of our own; needs libX11 and libXtst (xdotool brings both)."""

    def __init__(self, width: int, height: int) -> None:
        """Start on a free display number."""
        read_end, write_end = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write_end), "-screen", "0", f"{width}x{height}x24",
             "-nolisten", "tcp", "-noreset"],
            pass_fds=[write_end], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(write_end)
        with os.fdopen(read_end) as answer:
            self.name = f":{answer.readline().strip()}"
        self._x = ctypes.CDLL("libX11.so.6")
        self._test = ctypes.CDLL("libXtst.so.6")
        self._x.XOpenDisplay.restype = ctypes.c_void_p
        self._x.XDefaultRootWindow.restype = ctypes.c_ulong
        self._x.XGetImage.restype = ctypes.c_void_p
        self._display = ctypes.c_void_p(self._x.XOpenDisplay(self.name.encode()))
        self._root = ctypes.c_ulong(self._x.XDefaultRootWindow(self._display))

    def close(self) -> None:
        """End the server."""
        self.server.terminate()
        self.server.wait(10)

    def move(self, x: int, y: int) -> None:
        """Move the pointer."""
        self._test.XTestFakeMotionEvent(self._display, -1, x, y, 0)
        self._x.XFlush(self._display)

    def button(self, number: int, *, down: bool) -> None:
        """Press or release a mouse button."""
        self._test.XTestFakeButtonEvent(self._display, number, int(down), 0)
        self._x.XFlush(self._display)

    def key(self, name: str) -> None:
        """Press and release a key by its X name."""
        symbol = ctypes.c_ulong(self._x.XStringToKeysym(name.encode()))
        code = self._x.XKeysymToKeycode(self._display, symbol)
        for down in (1, 0):
            self._test.XTestFakeKeyEvent(self._display, code, down, 0)
        self._x.XFlush(self._display)

    def pixels(self, x: int, y: int, width: int, height: int) -> np.ndarray:
        """Return (height, width, 3) RGB of a part of the screen."""
        image = self._x.XGetImage(
            self._display, self._root, x, y, width, height, ctypes.c_ulong(_ALL_PLANES), _Z_PIXMAP
        )
        # XImage: width, height, xoffset, format (ints), then the data pointer.
        data = ctypes.cast(image + 16, ctypes.POINTER(ctypes.c_void_p)).contents.value
        assert data, "XGetImage gives data or ends the program"
        raw = ctypes.string_at(data, width * height * 4)
        bgrx = np.frombuffer(raw, np.uint8).reshape(height, width, 4)
        rgb = bgrx[:, :, 2::-1].copy()
        self._x.XDestroyImage(ctypes.c_void_p(image))
        return rgb
