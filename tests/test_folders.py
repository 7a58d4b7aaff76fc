from __future__ import annotations

import platform
from pathlib import Path

import pytest

from o3d_paint.assets import asset
from o3d_paint.folders import cache_folder, data_folder


def test_xdg_variables_are_honoured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "c"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "d"))
    assert cache_folder() == tmp_path / "c" / "o3d-paint"
    assert data_folder() == tmp_path / "d" / "o3d-paint"


@pytest.mark.skipif(platform.system() != "Linux", reason="the custom of Linux")
@pytest.mark.parametrize("value", ["", "relative/path"])
def test_empty_or_relative_xdg_variables_are_ignored(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    monkeypatch.setenv("XDG_DATA_HOME", value)
    assert cache_folder() == tmp_path / ".cache" / "o3d-paint"
    assert data_folder() == tmp_path / ".local" / "share" / "o3d-paint"


def test_asset_is_found() -> None:
    assert asset("o3d-paint.desktop").read_text().startswith("[Desktop Entry]")


def test_missing_asset_names_where_it_was_looked_for() -> None:
    with pytest.raises(FileNotFoundError, match=r"'icons/none\.png'"):
        asset("icons", "none.png")
