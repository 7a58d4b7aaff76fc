"""Fixtures for every test; those of one room live in its folder's conftest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A busy machine is no wrong result.
settings.register_profile("o3d_paint", deadline=None)
settings.load_profile("o3d_paint")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session", autouse=True)
def _own_user_folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keeps the user's caches and projects out of the tests, and the tests' out of theirs."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name)))
        yield


@pytest.fixture(scope="session")
def captures() -> Path:
    """The folder of real captures; the test is skipped where there is none."""
    folder = Path(os.environ.get("O3D_PAINT_CAPTURES") or ROOT.parent / "shared" / "data")
    if not folder.is_dir():
        pytest.skip(f"no real captures in {folder} (set O3D_PAINT_CAPTURES)")
    return folder
