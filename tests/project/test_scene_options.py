"""What the user said about a scene goes with its project."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

import o3d_paint as op
from o3d_paint.io.scene import LoadOptions
from o3d_paint.project.scene_options import SETTING, completed_options, kept_options
from tests.project.scenes import strip_scene


def project_with(folder: Path, options: LoadOptions) -> Path:
    session = op.open_session(strip_scene(), folder)
    session.project.set_setting(SETTING, kept_options(options))
    session.close()
    return folder


def everything(tmp_path: Path) -> LoadOptions:
    return LoadOptions(
        convention="c2w",
        up=(0.0, 0.0, 1.0),
        conf_thresh=0.5,
        images=tmp_path / "photos",
        cloud=tmp_path / "scan.las",
        axes="gl",
        intrinsics=(1.0, 2.0, 3.0, 4.0),
        depth_unit=0.001,
        invalid_depth=65535,
        every=3,
        ignore=("255", "void"),
        first_id=0,
        format_name="rgbd",
        preset="indoor",
        model=2,
    )


def test_everything_comes_back_and_what_is_said_now_goes_before(tmp_path):
    said = everything(tmp_path)
    assert {f.name for f in fields(LoadOptions)} - set(kept_options(said)) == {
        "conf_percentile",
        "memory_limit",
        "turn_masks",
    }
    folder = project_with(tmp_path / "p", said)
    assert completed_options(LoadOptions(), folder) == said
    now = LoadOptions(every=5, conf_percentile=20.0, memory_limit=7)
    found = completed_options(now, folder)
    assert (found.every, found.conf_percentile, found.conf_thresh) == (5, 20.0, None)
    assert (found.memory_limit, found.cloud) == (7, tmp_path / "scan.las")


def test_a_cloud_that_moved_with_the_project_is_found(tmp_path):
    folder = project_with(tmp_path / "p", LoadOptions(cloud=tmp_path / "scan.las"))
    (tmp_path / "moved").mkdir()
    folder.rename(tmp_path / "moved" / "p")
    (tmp_path / "moved" / "scan.las").write_bytes(b"")
    found = completed_options(LoadOptions(), tmp_path / "moved" / "p")
    assert found.cloud == tmp_path / "moved" / "scan.las"


@pytest.mark.parametrize(
    "kept",
    [
        None,
        3,
        ["cloud"],
        {"nonsense": 1},
        {"every": 0, "up": [1, 2], "cloud": 7, "axes": "up", "intrinsics": [1, 2, 3, None]},
        {"every": True, "conf_thresh": "high", "depth_unit": 1e300, "convention": []},
        {"ignore": [255], "first_id": -1},
        {"ignore": "255", "first_id": "0"},
    ],
)
def test_nothing_or_nonsense_changes_nothing(tmp_path, kept):
    session = op.open_session(strip_scene(), tmp_path / "p")
    session.project.set_setting(SETTING, kept)
    session.close()
    assert completed_options(LoadOptions(), tmp_path / "p") == LoadOptions()
    assert completed_options(LoadOptions(), tmp_path / "absent") == LoadOptions()
    assert kept_options(LoadOptions(memory_limit=5)) is None
