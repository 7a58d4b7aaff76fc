from __future__ import annotations

import pytest
from PIL import Image


@pytest.mark.parametrize("name", ["a.png", "a.gif", "a.mp4"])
def test_pictures_and_films(run, project, tmp_path, name):
    done = run(
        "render", project, "-o", tmp_path / name, "--size", "160x120", "--seconds", 1, "--fps", 3
    )
    assert done.exit_code == 0, done.output
    assert (tmp_path / name).stat().st_size > 500
    if name != "a.mp4":
        with Image.open(tmp_path / name) as image:
            assert image.size == (160, 120)


@pytest.mark.parametrize(
    "words",
    [("-o", "a.avi"), ("-o", "a.png", "--size", "big"), ("-o", "a.png", "--size", "10x9999")],
)
def test_calls_that_make_no_sense(run, project, words):
    assert run("render", project, *words).exit_code == 2
