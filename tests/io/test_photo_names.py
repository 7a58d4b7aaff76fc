from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from o3d_paint.core.camera import Camera
from o3d_paint.core.scene import Frame
from o3d_paint.io.images import FilePhoto
from o3d_paint.io.photo_names import named_apart


def frame(path: str, name: str | None = None) -> Frame:
    photo = FilePhoto(Path(path), 4, 4, turned=False)
    return Frame(name or Path(path).stem, Camera.from_matrix(np.eye(3), 4, 4), np.eye(4), photo)


def names(*frames: Frame) -> list[str]:
    return [f.name for f in named_apart(frames)]


def test_names_that_differ_stay():
    frames = (frame("a/1.png"), frame("a/2.png"))
    assert all(a is b for a, b in zip(named_apart(frames), frames, strict=True))


def test_photos_of_one_name_get_that_of_their_folder():
    assert names(frame("seq-01/0.png"), frame("seq-02/0.png"), frame("seq-02/1.png")) == [
        "seq-01_0", "seq-02_0", "1",
    ]  # fmt: skip


def test_where_folders_have_one_name_too_the_position_tells():
    assert names(frame("x/a/0.png"), frame("y/a/0.JPG")) == ["a_0#0", "a_0#1"]
    assert names(frame("p/A.png"), frame("q/a.png")) == ["p_A", "q_a"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["0", "a_0", "a_0#1", "A_0"]))))
def test_no_two_have_one_name(places):
    found = names(*(replace(frame(f"{folder}/x.png"), name=name) for folder, name in places))
    assert len({n.casefold() for n in found}) == len(places)
