"""The benches run: each that is quick on little, from its command to the figures it prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


def bench(*arguments: object) -> str:
    done = subprocess.run(
        [sys.executable, "scripts/bench.py", *map(str, arguments)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_bench_is_listed_and_says_how_it_is_used() -> None:
    listed = re.findall(r"^  ([a-z-]+) +\S", bench(), re.MULTILINE)
    assert len(listed) == 16
    for name in listed:
        assert "usage: " in bench(name, "--help"), name


@pytest.mark.skipif(sys.platform == "win32", reason="memory is counted the POSIX way")
def test_a_large_scene_is_made_and_measured(tmp_path: Path) -> None:
    bench("make-scene", "--points", 3e4, "--photos", 3, "--painted", 2, "-o", tmp_path)
    table = bench("scale", tmp_path, "--json", tmp_path / "figures.json")
    figures = json.loads((tmp_path / "figures.json").read_text())[tmp_path.name]
    assert 2e4 < figures["points"] < 4e4
    assert all(value > 0 for value in figures.values())
    assert f"{figures['points']:,}" in table
    assert "fuse, 2 painted photos, s" in figures


def test_movements_of_the_brush_are_measured_beside_the_published_way() -> None:
    ratio = re.search(r"ratio at radius 20 px: ([\d,]+)x", bench("live", "--movements", 4))
    assert ratio
    assert int(ratio[1].replace(",", "")) > 1


@pytest.mark.window
def test_frames_of_a_moving_view_are_measured() -> None:
    figures = json.loads(bench("frames", "--rounds", 2, "--turn", 1.6))
    assert 0 < figures["panels_ms"] < figures["full_ms"]
