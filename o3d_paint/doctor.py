"""What this machine lacks to run the program and open a window, and what brings it.

Nothing here imports Open3D: on a machine that lacks a driver its import or first window ends the
process, and just there the diagnosis is wanted. The trial with a real window is the preflight's.
"""

from __future__ import annotations

import ctypes
import functools
import importlib.metadata
import os
import platform
import sys
from dataclasses import dataclass

import o3d_paint
from o3d_paint import system_packages
from o3d_paint.free_memory import available_bytes
from o3d_paint.system_packages import LIBRARIES, VULKAN_DRIVER, XWAYLAND

MIN_PYTHON, END_PYTHON = (3, 10), (3, 14)
OPEN3D_VERSION = "0.20"
MIN_GLIBC = (2, 35)
# The sample scene with its window stays below this; large scenes need more.
MIN_MEMORY_GB = 2.0
# Distribution → the extra of o3d-paint that brings it.
OPTIONAL = {
    "laspy": "las",
    "pye57": "e57",
    "pycolmap": "colmap",
    "pycocotools": "coco",
    "onnxruntime": "sam",
    "OpenEXR": "exr",
    "pyproj": "geo",
    "pyliblzfse": "lzfse",
}


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: What was looked at.
        ok: Whether it is as the window needs it.
        detail: What was found, as part of a sentence.
        remedy: What to do about it, empty if ok.
    """

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def doctor_report() -> list[Check]:
    """Look at everything that the window needs, and the optional formats."""
    checks = [_program(), _python(), _opencv(), _open3d()]
    if platform.system() == "Linux":
        checks += [_glibc(), *_libraries(), vulkan_check()]
    return [*checks, display_check(), _memory(), *_extras()]


def display_check() -> Check:
    """Look for an X display that answers; Open3D 0.20 draws on nothing else on Linux."""
    if platform.system() != "Linux":
        return Check("display", True, platform.system())
    name = os.environ.get("DISPLAY", "")
    if name:
        if opens_display(name):
            return Check("display", True, f"X11 display {name}")
        return Check(
            "display",
            False,
            f"the X11 display {name} does not answer",
            "log in on the desktop, check DISPLAY and XAUTHORITY, or use ssh -X",
        )
    if os.environ.get("WAYLAND_DISPLAY"):
        return Check(
            "display",
            False,
            "this Wayland desktop has no XWayland, and Open3D draws through X11",
            system_packages.remedy([XWAYLAND]),
        )
    return Check(
        "display",
        False,
        "there is no display",
        "start it from a desktop; `o3d-paint fuse`, `info`, `export` and `demo --headless` "
        "need none",
    )


@functools.cache
def _xlib() -> ctypes.CDLL | None:
    try:
        xlib = ctypes.CDLL("libX11.so.6")
    except OSError:
        # The missing library is a finding of its own.
        return None
    xlib.XOpenDisplay.restype = ctypes.c_void_p
    xlib.XOpenDisplay.argtypes = [ctypes.c_char_p]
    return xlib


_connected: set[str] = set()


def opens_display(name: str) -> bool:
    """Tell whether an X server answers under a name such as ":0".

    The connection is kept to the end of the process: a bare server (Xvfb) resets itself when its
    last client leaves, and turns away the window that comes right after.
    """
    xlib = _xlib()
    if xlib is not None and name not in _connected and xlib.XOpenDisplay(name.encode()):
        _connected.add(name)
    return name in _connected


def vulkan_check() -> Check:
    """Look for a Vulkan driver whose library loads; without any Open3D ends the process."""
    drivers = system_packages.vulkan_drivers()
    if drivers:
        return Check("Vulkan driver", True, ", ".join(drivers))
    for variable in ("VK_DRIVER_FILES", "VK_ICD_FILENAMES"):
        if os.environ.get(variable):
            return Check(
                "Vulkan driver",
                False,
                f"{variable} names {os.environ[variable]}, which is no usable Vulkan driver",
                f"unset {variable} or let it name a driver's .json file",
            )
    return Check(
        "Vulkan driver",
        False,
        "there is no usable Vulkan driver",
        system_packages.remedy([VULKAN_DRIVER]),
    )


def _program() -> Check:
    return Check("O3D Paint", True, o3d_paint.__version__)


def _python() -> Check:
    bits = 64 if sys.maxsize > 2**32 else 32
    ok = MIN_PYTHON <= sys.version_info[:2] < END_PYTHON and bits == 64
    detail = f"{platform.python_version()}, {bits} bit, {sys.executable}"
    return Check("Python", ok, detail, "" if ok else "use a 64-bit Python 3.10 to 3.13")


def _opencv() -> Check:
    """Import OpenCV, which every command needs; unlike Open3D it fails with an exception."""
    try:
        import cv2
    except (ImportError, OSError) as error:
        soname = system_packages.missing_library_named_by(error)
        if soname is not None:
            detail = f"does not load without {soname}"
            return Check("OpenCV", False, detail, system_packages.remedy_for(soname))
        wanted = "python -m pip install --force-reinstall opencv-python"
        return Check("OpenCV", False, f"does not load ({error})", wanted)
    return Check("OpenCV", True, str(cv2.__version__))


def _open3d() -> Check:
    for distribution in ("open3d-cpu", "open3d"):
        version = _version(distribution)
        if version is None:
            continue
        ok = version.startswith(f"{OPEN3D_VERSION}.")
        wanted = f"python -m pip install '{distribution}=={OPEN3D_VERSION}.*'"
        return Check("Open3D", ok, f"{version} ({distribution})", "" if ok else wanted)
    return Check("Open3D", False, "not installed", "python -m pip install o3d-paint")


def _glibc() -> Check:
    name, version = platform.libc_ver()
    found = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    ok = name == "glibc" and found >= MIN_GLIBC
    detail = f"{name or 'unknown'} {version}".strip()
    remedy = "Open3D's wheel needs glibc 2.35: Debian 12, Ubuntu 22.04, Fedora 36 or later"
    return Check("C library", ok, detail, "" if ok else remedy)


def _libraries() -> list[Check]:
    missing = set(system_packages.missing_libraries())
    return [
        Check(
            library.name,
            library not in missing,
            "missing" if library in missing else "found",
            system_packages.remedy([library]) if library in missing else "",
        )
        for library in LIBRARIES
    ]


def _memory() -> Check:
    available = available_bytes() / 2**30
    ok = available >= MIN_MEMORY_GB
    remedy = "" if ok else f"close other programs: {MIN_MEMORY_GB:g} GB are wanted"
    return Check("memory", ok, f"{available:.1f} GB available", remedy)


def _extras() -> list[Check]:
    # A format that nobody asked for is no fault: ok, with the command that adds it.
    checks = []
    for distribution, extra in OPTIONAL.items():
        version = _version(distribution)
        missing = f"not installed (optional): python -m pip install 'o3d-paint[{extra}]'"
        checks.append(
            Check(f"extra [{extra}]", True, f"{distribution} {version}" if version else missing)
        )
    return checks


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
