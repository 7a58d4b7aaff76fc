"""Strokes that other photos contradict: what only they have painted is not believed."""

from __future__ import annotations

import numpy as np
import pytest

from tests.fusion.flat_scenes import flat_scene

pytestmark = pytest.mark.compiled

WALL = (196, 190, 178)


def boards_in_one_color(x, y):
    return np.where(x < 4, 1, 2).astype(np.uint16)


def scene(photos=3):
    return flat_scene(boards_in_one_color, [WALL] * 2, photos=photos)


def areas(made, *boxes):
    """Return masks with the truth in some parts of a photo: (photo, left, right, class or None)."""
    masks = [np.zeros_like(mask) for mask in made.masks]
    for photo, left, right, class_id in boxes:
        width = masks[photo].shape[1]
        columns = slice(int(left * width), int(right * width))
        truth = made.masks[photo][:, columns]
        masks[photo][:, columns] = truth if class_id is None else class_id
    return masks


def test_a_stroke_in_a_wrong_class_is_not_believed_where_only_it_is_painted():
    made = scene()
    # Two photos are painted rightly but for a strip below; the third gives the left board the class
    # of the right one.
    masks = [mask.copy() for mask in made.masks]
    for mask in masks[:2]:
        mask[19 * len(mask) // 20 :] = 0
    masks[2] = np.where(masks[2] == 1, 2, 0).astype(np.uint16)
    left = made.truth == 1
    project = made.fused(masks)
    only_wrong = left & (project.painted == 2)
    assert only_wrong.sum() > 1000
    assert (project.labels[only_wrong] == 1).mean() > 0.75
    # Where nothing speaks against it, it is what is known, and kept.
    alone = [np.zeros_like(masks[0]), np.zeros_like(masks[1]), masks[2]]
    assert (made.fused(alone).labels[left] == 2).mean() > 0.97


def test_a_majority_stays_one_however_large_the_stroke_that_contradicts_it():
    def door(x, y):
        inside = (np.abs(x - 4) < 0.5) & (np.abs(y - 2.5) < 0.9)
        return np.where(inside, 2, 1).astype(np.uint16)

    made = flat_scene(door, [WALL] * 2, photos=3)
    masks = [made.masks[0], made.masks[1], np.ones_like(made.masks[2])]
    project = made.fused(masks)
    assert (project.labels[made.truth == 2] == 2).mean() > 0.95
    assert (project.labels[made.truth == 1] == 1).mean() > 0.99


def test_photos_that_agree_change_nothing_of_each_other():
    made = scene()
    masks = areas(made, (0, 0, 1, None), (1, 0.2, 0.8, None), (2, 0.4, 0.6, None))
    project = made.fused(masks)
    votes = project.fusion.refined.potentials.votes
    for belief in votes.belief:
        assert (belief > 0.95).mean() > 0.99


def test_an_added_photo_that_contradicts_is_heard_in_a_warm_fusion_too():
    made = scene()
    masks = areas(made, (0, 0, 0.35, 2), (1, 0, 0.35, None), (2, 0, 0.35, None), (1, 0.7, 1, None))
    project = made.fused([masks[0], *[np.zeros_like(m) for m in masks[1:]]])
    for frame_idx in (1, 2):
        project.set_mask(frame_idx, masks[frame_idx])
        project.request_fuse(warm=True)
    cold = made.fused(masks)
    assert (project.labels == cold.labels).mean() >= 0.999
