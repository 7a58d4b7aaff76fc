"""A trial window in a process of its own, before the real one.

Where a driver or library is missing Open3D does not raise: it ends the process. So a child opens
a small hidden window and draws one frame while the parent loads the scene. If that fails, the user
reads one sentence with the package to install. A success is remembered for this driver.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import platform
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from o3d_paint import doctor, system_packages
from o3d_paint.child_process import python_command
from o3d_paint.doctor import Check
from o3d_paint.errors import DisplayError, PaintError
from o3d_paint.folders import cache_folder
from o3d_paint.io.store import make_folder, write_json

NAME = "trial window"
TIMEOUT_S = 60.0
_HIDDEN = 1  # gui.Window.FLAG_HIDDEN, not bound in Python
_GOOD = "trial window: good"
_STAGES = ("import", "start", "window", "draw")


@dataclass(slots=True)
class Preflight:
    """A trial that is under way, or was settled at once."""

    _settled: Check | None = None
    _child: subprocess.Popen[bytes] | None = None
    _output: IO[bytes] | None = field(default=None, repr=False)

    @classmethod
    def start(cls) -> Preflight:
        """Look at what can be seen at once; else start the trial and return without waiting."""
        obstacle = _obstacle()
        if obstacle is not None:
            return cls(_settled=obstacle)
        if _is_remembered():
            return cls(_settled=Check(NAME, True, "opened before with this driver"))
        output = _scratch()
        child = subprocess.Popen(
            python_command("from o3d_paint.ui.preflight import trial\ntrial()"),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        return cls(_child=child, _output=output)

    def check(self, *, timeout_s: float = TIMEOUT_S) -> Check:
        """Wait for the trial's end and say what came of it."""
        if self._settled is None:
            self._settled = self._finish(timeout_s)
        return self._settled

    def require(self) -> None:
        """Wait for the trial's end.

        Raises:
            DisplayError: No window can be opened; the message says why and what helps.
        """
        check = self.check()
        if not check.ok:
            raise DisplayError(f"No window can be opened: {check.detail}; {check.remedy}.")

    def _finish(self, timeout_s: float) -> Check:
        assert self._child is not None
        assert self._output is not None
        try:
            code: int | None = self._child.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
            code = None
        self._output.seek(0)
        text = self._output.read().decode(errors="replace")
        self._output.close()
        if code == 0 and _GOOD in text:
            _remember()
            return Check(NAME, True, "opened and drew a frame")
        return diagnose(text, code)


def _scratch() -> IO[bytes]:
    """Return a file for what the trial prints, where that can be in memory: /tmp may be full."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("o3d-paint"), "w+b")
    return tempfile.TemporaryFile()


def diagnose(output: str, code: int | None) -> Check:
    """Turn what the trial printed, and its exit code (None: timed out), into a finding."""
    missing = system_packages.missing_libraries()
    if missing:
        return _lacks(missing)
    reached = [stage for stage in _STAGES if f"trial window: {stage}" in output]
    if reached and reached[-1] in ("window", "draw"):
        vulkan = doctor.vulkan_check()
        if not vulkan.ok:
            return Check(NAME, False, vulkan.detail, _command(vulkan.remedy))
        remedy = f"update the graphics driver or install the software one with {_install_driver()}"
        what = "did not answer" if code is None else f"ended with code {code}"
        return Check(NAME, False, f"the graphics driver failed (the trial {what})", remedy)
    last = next((line.strip() for line in reversed(output.splitlines()) if line.strip()), "")
    detail = f"Open3D does not start ({last[:200] or f'code {code}'})"
    return Check(NAME, False, detail, "run `o3d-paint doctor` to see what is missing")


def _obstacle() -> Check | None:
    missing = system_packages.missing_libraries()
    if missing:
        return _lacks(missing)
    display = doctor.display_check()
    if not display.ok:
        return Check(NAME, False, display.detail, _command(display.remedy))
    return None


def _lacks(missing: tuple[system_packages.Requirement, ...]) -> Check:
    names = ", ".join(library.name for library in missing)
    verb = "is" if len(missing) == 1 else "are"
    return Check(NAME, False, f"{names} {verb} missing", _command(system_packages.remedy(missing)))


def _command(remedy: str) -> str:
    """Words around a remedy that is a command; other remedies are words already."""
    is_command = remedy.split()[0] in ("sudo", "apt-get", "dnf", "pacman", "zypper")
    return f"install it with `{remedy}`" if is_command else remedy


def _install_driver() -> str:
    return f"`{system_packages.remedy([system_packages.VULKAN_DRIVER])}`"


def _memory_file() -> Path:
    return cache_folder() / "preflight.json"


def _fingerprint() -> str:
    """A key for all that decides whether a window opens: versions, drivers, kind of display."""
    manifests = [
        (str(path), path.stat().st_mtime_ns)
        for path in system_packages.vulkan_manifests()
        if path.exists()
    ]
    name = os.environ.get("DISPLAY", "")
    variables = {
        key: value
        for key, value in os.environ.items()
        if key.startswith(("VK_", "LIBGL_", "MESA_"))
    }
    facts = [
        _open3d_version(),
        sys.executable,
        platform.platform(),
        manifests,
        "local" if name.startswith((":", "unix:")) else name,
        os.environ.get("XDG_SESSION_TYPE", ""),
        sorted(variables.items()),
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _open3d_version() -> str:
    for distribution in ("open3d-cpu", "open3d"):
        try:
            return f"{distribution} {importlib.metadata.version(distribution)}"
        except importlib.metadata.PackageNotFoundError:
            continue
    return ""


def _is_remembered() -> bool:
    try:
        remembered = json.loads(_memory_file().read_text())
        return bool(remembered["opened"] == _fingerprint())
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _remember() -> None:
    # A cache that cannot be written costs the next start a second, and nothing more.
    try:
        make_folder(_memory_file().parent)
        write_json(_memory_file(), {"opened": _fingerprint()})
    except PaintError:
        pass


def trial() -> None:
    """Open a hidden window and draw one frame in it. Runs in the child; never returns."""
    _say("import")
    from open3d.visualization import gui, rendering

    _say("start")
    application = gui.Application.instance
    application.initialize()
    _say("window")
    window = application.create_window("O3D Paint", 64, 64, 0, 0, _HIDDEN)
    scene = gui.SceneWidget()
    scene.scene = rendering.Open3DScene(window.renderer)
    window.add_child(scene)
    _say("draw")
    application.run_one_tick()
    sys.stdout.write(f"\n{_GOOD}\n")
    sys.stdout.flush()
    # Open3D's own way out can abort or hang.
    os._exit(0)


def _say(stage: str) -> None:
    sys.stdout.write(f"\ntrial window: {stage}\n")
    sys.stdout.flush()
