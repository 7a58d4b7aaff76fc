"""The benches run: each that is quick on little, from its command to the figures it prints."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
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
    assert len(listed) == 17
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


def test_flat_scenes_are_labelled_and_counted_by_class() -> None:
    line = bench("quality", "--only", "panel", "--seeds", 1).splitlines()[-1]
    small, others, everything, ece = map(float, re.findall(r"(\d\.\d+) ±", line))
    assert small > 0.97
    assert others > 0.99
    assert min(small, others) <= everything <= max(small, others)
    assert ece < 0.05


def test_captures_with_truth_are_painted_and_measured(tmp_path: Path) -> None:
    sample = generate_sample(SampleOptions(photos=4, resolution=96, shadows=False, smooth=False))
    with np.load(write_sample(sample, tmp_path / "bare")) as arrays:
        (tmp_path / "toy").mkdir()
        truth = {"gt_labels": sample.truth_pixels, "gt_point_labels": sample.truth_points}
        np.savez(tmp_path / "toy" / "scene.npz", **arrays, **truth)
    options = ("--captures", tmp_path, "--photos", 2, "--fills", 0.6, "--seeds", 1)
    _, *lines = bench("real", *options).splitlines()
    assert [line.split()[:3] for line in lines] == [["toy", "0.6", "2"]]
    right, iou, ece, labelled, of_it, nearest = map(float, re.findall(r"(\d\.\d+) ±", lines[0]))
    assert 0.5 < iou < right < 1
    assert 0 < ece < 0.5
    assert 0.5 < labelled <= 1
    assert of_it >= right - 1e-4
    assert 0.3 < nearest < 1
    assert "no labelled captures in" in bench("real", "--captures", tmp_path / "nowhere")


@pytest.mark.window
def test_frames_of_a_moving_view_are_measured() -> None:
    figures = json.loads(bench("frames", "--rounds", 2, "--turn", 1.6))
    assert 0 < figures["panels_ms"] < figures["full_ms"]
