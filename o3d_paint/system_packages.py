"""The system libraries that the program and its window need, and the package that brings each.

One table serves `o3d-paint doctor`, the preflight and the set-up scripts. The scripts run this
module with a bare Python before anything is installed, so it uses the standard library only:

    python3 -m o3d_paint.system_packages [--tests]

prints the one command that installs what is missing, or nothing.
"""

from __future__ import annotations

import ctypes
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Requirement:
    """One thing that the system has to bring, and its package per package manager."""

    name: str
    apt: str
    dnf: str
    pacman: str
    zypper: str

    def package(self, manager: str) -> str:
        """Return the name of the package for `manager` (apt, dnf, pacman or zypper)."""
        name: str = getattr(self, manager)
        return name


# What OpenCV's and Open3D 0.20's wheels link against, then what Open3D opens at run time (GLFW and
# Filament). Debian 13 and Ubuntu 24.04 take libglib2.0-0 for libglib2.0-0t64.
LIBRARIES = (
    Requirement("libglib-2.0.so.0", "libglib2.0-0", "glib2", "glib2", "libglib-2_0-0"),
    Requirement("libgthread-2.0.so.0", "libglib2.0-0", "glib2", "glib2", "libgthread-2_0-0"),
    Requirement("libxcb.so.1", "libxcb1", "libxcb", "libxcb", "libxcb1"),
    Requirement("libGL.so.1", "libgl1", "libglvnd-glx", "libglvnd", "libglvnd"),
    Requirement("libEGL.so.1", "libegl1", "libglvnd-egl", "libglvnd", "libglvnd"),
    Requirement("libX11.so.6", "libx11-6", "libX11", "libx11", "libX11-6"),
    Requirement("libusb-1.0.so.0", "libusb-1.0-0", "libusb1", "libusb", "libusb-1_0-0"),
    Requirement("libudev.so.1", "libudev1", "systemd-libs", "systemd-libs", "libudev1"),
    Requirement("libidn2.so.0", "libidn2-0", "libidn2", "libidn2", "libidn2-0"),
    Requirement("libstdc++.so.6", "libstdc++6", "libstdc++", "gcc-libs", "libstdc++6"),
    Requirement("libvulkan.so.1", "libvulkan1", "vulkan-loader", "vulkan-icd-loader", "libvulkan1"),
    Requirement("libXrandr.so.2", "libxrandr2", "libXrandr", "libxrandr", "libXrandr2"),
    Requirement("libXinerama.so.1", "libxinerama1", "libXinerama", "libxinerama", "libXinerama1"),
    Requirement("libXcursor.so.1", "libxcursor1", "libXcursor", "libxcursor", "libXcursor1"),
    Requirement("libXi.so.6", "libxi6", "libXi", "libxi", "libXi6"),
    Requirement("libXext.so.6", "libxext6", "libXext", "libxext", "libXext6"),
    Requirement("libXrender.so.1", "libxrender1", "libXrender", "libxrender", "libXrender1"),
    Requirement(
        "libxkbcommon.so.0", "libxkbcommon0", "libxkbcommon", "libxkbcommon", "libxkbcommon0"
    ),
)
VULKAN_DRIVER = Requirement(
    "a Vulkan driver",
    "mesa-vulkan-drivers",
    "mesa-vulkan-drivers",
    "vulkan-swrast",
    "libvulkan_lvp",
)
XWAYLAND = Requirement(
    "XWayland", "xwayland", "xorg-x11-server-Xwayland", "xorg-xwayland", "xwayland"
)
TEST_PROGRAMS = (
    Requirement("Xvfb", "xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb", "xorg-x11-server-Xvfb"),
    Requirement("xdotool", "xdotool", "xdotool", "xdotool", "xdotool"),
)

# What the dynamic linker says, as an ImportError or OSError repeats it.
_NOT_FOUND = re.compile(r"(?:^|[\s/])([^\s/:]+\.so[.\d]*): cannot open shared object file")
_MANAGERS = {"apt": "apt-get", "dnf": "dnf", "pacman": "pacman", "zypper": "zypper"}
_INSTALL = {
    "apt": "apt-get install -y --no-install-recommends",
    "dnf": "dnf install -y --setopt=install_weak_deps=False",
    "pacman": "pacman -S --noconfirm --needed",
    "zypper": "zypper --non-interactive install --no-recommends",
}


def package_manager() -> str | None:
    """Return apt, dnf, pacman or zypper, whichever this machine has, else None."""
    return next((name for name, program in _MANAGERS.items() if shutil.which(program)), None)


def install_command(requirements: Iterable[Requirement]) -> str:
    """Return the command (without sudo) that installs the packages, or their plain names."""
    manager = package_manager()
    if manager is None:
        return "install " + " ".join(requirement.name for requirement in requirements)
    packages = dict.fromkeys(requirement.package(manager) for requirement in requirements)
    return f"{_INSTALL[manager]} {' '.join(packages)}"


def remedy(requirements: Iterable[Requirement]) -> str:
    """Return the command a user types to install the packages, with sudo where needed."""
    command = install_command(requirements)
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    return command if is_root or package_manager() is None else f"sudo {command}"


def loads(soname: str) -> bool:
    """Tell whether the dynamic linker finds a library by its file name or path."""
    try:
        ctypes.CDLL(soname)
    except OSError:
        return False
    return True


def missing_libraries() -> tuple[Requirement, ...]:
    """Return the libraries of `LIBRARIES` that do not load; none on other systems than Linux."""
    if platform.system() != "Linux":
        return ()
    return tuple(library for library in LIBRARIES if not loads(library.name))


def missing_library_named_by(error: ImportError | OSError) -> str | None:
    """Return the file name of the system library for want of which an import failed, or None."""
    found = _NOT_FOUND.search(str(error))
    return found[1] if found else None


def remedy_for(soname: str) -> str:
    """Return as words what to do about a missing library; one command brings all that are."""
    named = [library for library in LIBRARIES if library.name == soname]
    if not named or package_manager() is None:
        return f"install the package of this system that holds {soname}"
    wanted = dict.fromkeys([*named, *missing_libraries()])
    it = "it" if len(wanted) == 1 else "it, and what else is missing,"
    return f"install {it} with `{remedy(wanted)}`"


def vulkan_manifests() -> tuple[Path, ...]:
    """Return the driver manifests that the Vulkan loader would read, existing or named.

    The loader's own rule: `VK_DRIVER_FILES` (once `VK_ICD_FILENAMES`) replaces every search
    folder; otherwise the XDG folders and /etc are searched.
    """
    named = os.environ.get("VK_DRIVER_FILES") or os.environ.get("VK_ICD_FILENAMES")
    if named:
        return tuple(Path(part) for part in named.split(os.pathsep) if part)
    home = Path.home()
    folders = [
        os.environ.get("XDG_CONFIG_HOME") or str(home / ".config"),
        *(os.environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":"),
        "/etc",
        os.environ.get("XDG_DATA_HOME") or str(home / ".local/share"),
        *(os.environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"),
    ]
    found = (path for folder in folders for path in Path(folder, "vulkan/icd.d").glob("*.json"))
    return tuple(sorted(set(found)))


def vulkan_drivers() -> tuple[str, ...]:
    """Return the names of the Vulkan drivers whose library loads, such as "lvp"."""
    names = []
    for manifest in vulkan_manifests():
        try:
            library = str(json.loads(manifest.read_text())["ICD"]["library_path"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
        # A bare name is left to the linker; a relative path counts from the manifest.
        if "/" in library:
            library = str((manifest.parent / library).resolve())
        if loads(library):
            names.append(manifest.name.split("_icd")[0].removesuffix(".json"))
    return tuple(names)


def missing_requirements(*, for_tests: bool = False) -> tuple[Requirement, ...]:
    """Return what has to be installed before a window opens, or the window tests run."""
    if platform.system() != "Linux":
        return ()
    missing = list(missing_libraries())
    if not vulkan_drivers():
        missing.append(VULKAN_DRIVER)
    if for_tests:
        missing += [program for program in TEST_PROGRAMS if not shutil.which(program.name)]
    return tuple(missing)


if __name__ == "__main__":
    absent = missing_requirements(for_tests="--tests" in sys.argv[1:])
    if absent:
        sys.stdout.write(install_command(absent) + "\n")
