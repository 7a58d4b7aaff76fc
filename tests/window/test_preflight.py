"""The trial window for real: where it opens, and what is said where it cannot."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.window.display import Display, start_display, stop

PROGRAM = """
import time
from o3d_paint.errors import DisplayError
from o3d_paint.ui.preflight import Preflight
trial = Preflight.start()
try:
    trial.require()
except DisplayError as error:
    print("REFUSED", error)
else:
    print("OPENED", trial.check().detail)
"""


def run(environment: dict[str, str]) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1, f"the trial's own noise got through: {lines}"
    return lines[0]


@pytest.fixture
def environment(x_display: Display, tmp_path: Path) -> dict[str, str]:
    return {**x_display.environment, "XDG_CACHE_HOME": str(tmp_path)}


def test_window_opens_and_is_remembered(environment: dict[str, str]) -> None:
    assert run(environment) == "OPENED opened and drew a frame"
    assert run(environment) == "OPENED opened before with this driver"


def test_another_driver_setting_is_tried_anew(environment: dict[str, str]) -> None:
    run(environment)
    changed = {**environment, "VK_LOADER_DEBUG": "none"}
    assert run(changed) == "OPENED opened and drew a frame"


def test_damaged_memory_of_the_last_trial_is_ignored(
    environment: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "o3d-paint").mkdir()
    (tmp_path / "o3d-paint" / "preflight.json").write_text("[}")
    assert run(environment) == "OPENED opened and drew a frame"


def test_failure_is_a_sentence_and_not_remembered(environment: dict[str, str]) -> None:
    broken = {**environment, "VK_ICD_FILENAMES": "/nonexistent/driver.json"}
    for _ in range(2):
        said = run(broken)
        assert said.startswith("REFUSED No window can be opened: VK_ICD_FILENAMES names")
        assert "unset VK_ICD_FILENAMES" in said


def test_missing_driver_names_its_package(environment: dict[str, str], tmp_path: Path) -> None:
    if list(Path("/etc/vulkan/icd.d").glob("*.json")):
        pytest.skip("this machine has drivers in /etc, which cannot be hidden from a test")
    empty = str(tmp_path)
    hidden = {"XDG_DATA_DIRS": empty, "XDG_DATA_HOME": empty, "XDG_CONFIG_HOME": empty}
    said = run({**environment, **hidden})
    assert said.startswith("REFUSED No window can be opened: there is no usable Vulkan driver;")
    assert "mesa-vulkan-drivers" in said or "vulkan-swrast" in said or "libvulkan_lvp" in said


def test_no_display(environment: dict[str, str]) -> None:
    del environment["DISPLAY"]
    said = run(environment)
    assert said.startswith("REFUSED No window can be opened: there is no display;")
    assert "demo --headless" in said


def test_wayland_without_xwayland(environment: dict[str, str]) -> None:
    del environment["DISPLAY"]
    said = run({**environment, "WAYLAND_DISPLAY": "wayland-0"})
    assert "XWayland" in said
    assert said.count("wayland") >= 1


def test_display_that_is_gone(environment: dict[str, str]) -> None:
    gone = start_display()
    stop(gone.server)
    said = run({**environment, "DISPLAY": gone.name})
    assert f"the X11 display {gone.name} does not answer" in said


def test_remembered_success_does_not_hide_a_display_that_is_gone(
    environment: dict[str, str],
) -> None:
    assert run(environment).startswith("OPENED")
    gone = start_display()
    stop(gone.server)
    assert run({**environment, "DISPLAY": gone.name}).startswith("REFUSED")


def test_display_that_resets_after_its_last_client(tmp_path: Path) -> None:
    """A plain Xvfb: looking whether it answers must not make it deaf for the window."""
    display = start_display(resets=True)
    try:
        for _ in range(3):
            said = run({**display.environment, "XDG_CACHE_HOME": str(tmp_path)})
            assert said.startswith("OPENED")
    finally:
        stop(display.server)
