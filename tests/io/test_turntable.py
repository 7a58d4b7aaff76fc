from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import pairwise

import cv2
import numpy as np
import pytest
from PIL import Image

from o3d_paint.errors import FormatError, StorageError
from o3d_paint.io.sheet import GROUND
from o3d_paint.io.turntable import RenderOptions, _pictures_in, write_turntable
from tests.io.test_exporters import labelled

SMALL = RenderOptions(size=(161, 121), seconds=1, fps=5)


@pytest.fixture(scope="module")
def toy():
    return labelled(n=4000, spacing=0.15)


def is_drawn(pixels):
    return (np.abs(pixels.astype(int) - GROUND).sum(-1) > 60).mean()


def test_a_picture(tmp_path, toy):
    write_turntable(toy, tmp_path / "a.png", RenderOptions(size=(400, 300)))
    with Image.open(tmp_path / "a.png") as image:
        assert image.size == (400, 300)
        pixels = np.asarray(image)
    assert is_drawn(pixels) > 0.1
    # Clear of the borders, legend included.
    assert (pixels[:, :3] == GROUND).all()
    assert (pixels[-3:] == GROUND).all()


def test_a_film_by_opencv_and_ffprobe(tmp_path, toy):
    told = []
    write_turntable(toy, tmp_path / "a.mp4", SMALL, progress=lambda share, _: told.append(share))
    assert told == [i / 5 for i in range(5)]
    film = cv2.VideoCapture(str(tmp_path / "a.mp4"))
    assert film.get(cv2.CAP_PROP_FPS) == 5
    frames = []
    while (got := film.read())[0]:
        frames.append(got[1][..., ::-1])
    assert len(frames) == 5
    assert {f.shape for f in frames} == {(120, 160, 3)}
    assert min(is_drawn(f) for f in frames) > 0.1
    assert all(np.abs(a.astype(int) - b).mean() > 1 for a, b in pairwise(frames))
    if shutil.which("ffprobe") is None:
        pytest.skip("ffprobe is not installed; OpenCV plays the film")
    entries = "stream=codec_name,width,height,nb_frames"
    done = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "csv=p=0", tmp_path / "a.mp4"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.strip() == "mpeg4,160,120,5"
    assert not done.stderr


def test_an_animated_picture(tmp_path, toy):
    write_turntable(toy, tmp_path / "a.gif", SMALL)
    with Image.open(tmp_path / "a.gif") as image:
        assert image.n_frames == 5
        assert image.size == (160, 120)
        assert image.info["loop"] == 0
        assert image.info["duration"] == 200
        seen = []
        for i in range(5):
            image.seek(i)
            seen.append(np.asarray(image.convert("RGB")))
    assert min(is_drawn(f) for f in seen) > 0.1
    assert all((a != b).any() for a, b in pairwise(seen))


def test_colours_of_photos_or_classes(tmp_path, toy):
    pictures = []
    for color_by in ("label", "photo"):
        options = RenderOptions(size=(200, 150), color_by=color_by, legend=False)
        write_turntable(toy, tmp_path / "a.png", options)
        with Image.open(tmp_path / "a.png") as image:
            pictures.append(np.asarray(image).astype(int))
    assert np.abs(pictures[0] - pictures[1]).mean() > 3


def test_what_cannot_be_written(tmp_path, toy):
    with pytest.raises(FormatError, match=r"\.png, \.mp4, \.gif"):
        write_turntable(toy, tmp_path / "a.avi")
    (tmp_path / "in.png").write_bytes(b"precious")
    with pytest.raises(StorageError, match="written over"):
        write_turntable(toy, tmp_path / "in.png", inputs=[tmp_path / "in.png"])
    assert (tmp_path / "in.png").read_bytes() == b"precious"
    with pytest.raises(StorageError, match="cannot write"):
        write_turntable(toy, tmp_path / "none" / "a.mp4", SMALL)


@pytest.mark.parametrize("ending", ["mp4", "gif"])
def test_stopping_half_way_leaves_the_old_file(tmp_path, toy, ending):
    path = tmp_path / f"a.{ending}"
    path.write_bytes(b"old")

    def stop(share, _):
        if share > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_turntable(toy, path, SMALL, progress=stop)
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize(
    "wrong", [{"size": (8, 100)}, {"size": (100, 9000)}, {"seconds": 0}, {"fps": 0}]
)
def test_options_out_of_range(wrong):
    with pytest.raises(ValueError, match=r"must lie in|out of range"):
        RenderOptions(**wrong)


@pytest.mark.skipif(sys.platform == "win32", reason="needs a limit on the size of files")
@pytest.mark.parametrize("most", [0, 2000, 9000])
def test_a_film_that_the_disk_does_not_take_is_not_said_to_be_written(tmp_path, toy, most):
    """The encoder reports nothing: what it leaves behind cannot be played."""
    import resource

    write_turntable(toy, tmp_path / "a.mp4", SMALL)
    before = (tmp_path / "a.mp4").read_bytes()
    assert len(before) > most
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, limits[1]))
    try:
        with pytest.raises(StorageError, match=r"cannot write .*a\.mp4"):
            write_turntable(toy, tmp_path / "a.mp4", SMALL)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / "a.mp4").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["a.mp4"]


def test_a_film_that_cannot_be_played_is_found_out(tmp_path, toy):
    write_turntable(toy, tmp_path / "a.mp4", SMALL)
    assert _pictures_in(tmp_path / "a.mp4") == 5
    data = (tmp_path / "a.mp4").read_bytes()
    for name, content in {"cut": data[:-200], "none": b"", "other": b"x" * 5000}.items():
        (tmp_path / f"{name}.mp4").write_bytes(content)
        assert _pictures_in(tmp_path / f"{name}.mp4") != 5
    assert _pictures_in(tmp_path / "absent.mp4") == 0
