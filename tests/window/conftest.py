"""Every test in this folder is a window test: marked so, and given its own display."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.window.display import Display, start_display, stop


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.window)


@pytest.fixture
def x_display() -> Iterator[Display]:
    """A virtual display for one test, gone afterwards."""
    if platform.system() != "Linux":
        pytest.skip("window tests need Xvfb, which only X11 systems have")
    for program in ("Xvfb", "xdotool"):
        if shutil.which(program) is None:
            pytest.fail(f"{program} is missing: ./scripts/test installs it")
    display = start_display()
    yield display
    stop(display.server)
