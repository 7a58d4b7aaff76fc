"""What users say about the numbers of masks, and what becomes of it in the files written."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

from o3d_paint.io.scene import load_scene

FLOOR, BALL = 1, 2


@pytest.fixture
def fuse(run, scene_file, tmp_path, truth):
    """Fuses masks made of the true classes; returns points, labels by name, and the output."""

    def fused(change, *options, frames=range(4), name="{:03d}.png"):
        folder = tmp_path / "masks"
        folder.mkdir(exist_ok=True)
        for i in frames:
            mask = np.asarray(change(truth[i])).astype(np.uint8)
            Image.fromarray(mask).save(folder / name.format(i))
        report, labels = tmp_path / "report.json", tmp_path / "labels.npy"
        result = run(
            "fuse", scene_file, "--masks", folder, "-o", labels, "--json", report, "-y", *options
        )  # fmt: skip
        assert result.exit_code == 0, result.output
        names = {c["id"]: c["name"] for c in json.loads(report.read_text())["classes"]}
        found = np.array([names.get(i, "") for i in np.load(labels).tolist()])
        return found, result.output, names

    return fused


@pytest.fixture
def on_ball(scene_file):
    """(N,) whether points are of the ball, which lies on the floor at height 0."""
    xyz = load_scene(scene_file).cloud.xyz
    return xyz[:, 2] > 0.02


def share(found, name, where):
    return float(np.mean(found[where] == name))


def test_numbers_mean_the_list_as_typed(fuse, on_ball):
    found, _, names = fuse(lambda t: t, "--taxonomy", "floor,ball")
    assert names == {1: "floor", 2: "ball"}
    assert share(found, "ball", on_ball) > 0.95
    assert share(found, "floor", ~on_ball) > 0.95


def test_numbers_without_a_list_are_named_after_themselves(fuse, on_ball):
    found, output, names = fuse(lambda t: np.where(t == BALL, 7, t))
    assert names == {1: "class 1", 7: "class 7"}
    assert share(found, "class 7", on_ball) > 0.95
    assert "Classes without a name were added: 1, 7; --taxonomy names them." in output


def test_networks_that_count_from_0(fuse, on_ball):
    zero_based = lambda t: np.where(t == 0, 255, t - 1)  # noqa: E731
    found, output, names = fuse(zero_based, "--taxonomy", "floor,ball", "--first-id", 0)
    assert names == {1: "floor", 2: "ball"}
    assert share(found, "ball", on_ball) > 0.95
    assert share(found, "floor", ~on_ball) > 0.95
    assert "rarely a class: 255" in output


def test_lists_that_count_from_0(fuse, on_ball, tmp_path):
    (tmp_path / "data.yaml").write_text("names:\n  0: floor\n  1: ball\n")
    zero_based = lambda t: np.where(t == 0, 255, t - 1)  # noqa: E731
    found, output, _ = fuse(zero_based, "--taxonomy", tmp_path / "data.yaml")
    assert share(found, "ball", on_ball) > 0.95
    assert "0 in masks is 'floor'" in output
    found, output, _ = fuse(lambda t: t, "--taxonomy", tmp_path / "data.yaml")
    assert share(found, "ball", on_ball) > 0.95
    assert "only counting from 1 gives" in output


def test_ignored_numbers_do_not_spread(fuse, on_ball):
    change = lambda t: np.where(t == BALL, 9, t)  # noqa: E731
    _, _, names = fuse(change, "--ignore", "9,200", "--no-background")
    assert names == {1: "class 1"}
    _, output, _ = fuse(change, "--ignore", "9,200")
    assert "No mask has the number or class 200 that" in output


def test_a_single_object_leaves_everything_else_unlabelled(fuse, on_ball):
    only_ball = lambda t: np.where(t == BALL, 255, 0)  # noqa: E731
    found, output, names = fuse(only_ball, "--min-confidence", 0)
    assert names == {255: "class 255"}
    assert share(found, "class 255", on_ball) > 0.95
    assert share(found, "", ~on_ball) > 0.97
    assert "show 'class 255' alone" in output
    assert "none of the classes" not in output
    spread, _, _ = fuse(only_ball, "--min-confidence", 0, "--no-background")
    assert share(spread, "class 255", ~on_ball) > 0.97


@pytest.mark.parametrize("method", ["graph", "ball", "nearest"])
def test_every_method_leaves_it_unlabelled(fuse, on_ball, method):
    found, _, _ = fuse(lambda t: np.where(t == BALL, 1, 0), "--method", method)
    assert share(found, "class 1", on_ball) > 0.9
    assert share(found, "", ~on_ball) > 0.95


def test_the_article_knows_no_background(run, fuse, scene_file, tmp_path):
    fuse(lambda t: np.where(t == BALL, 1, 0), "--method", "article", "--tolerance", 0.02)
    result = run(
        "fuse", scene_file, "--masks", tmp_path / "masks", "--method", "article", "--background"
    )  # fmt: skip
    assert result.exit_code == 2
    assert "not part of --method article" in result.output


def test_background_of_several_classes_is_asked_for(fuse, on_ball):
    edge = lambda t: np.where(np.arange(60) < 8, 3, np.where(t == BALL, 2, 0))  # noqa: E731
    _, output, _ = fuse(edge)
    assert "--background keeps it unlabelled" in output
    found, output, _ = fuse(edge, "--background")
    assert share(found, "class 2", on_ball) > 0.8
    assert share(found, "", ~on_ball) > 0.6
    assert "--background keeps" not in output


def labelled_cloud(path, scene_file, numbers, names=None):
    """The scene's own points as a cloud with labels, named or not."""
    xyz = load_scene(scene_file).cloud.xyz
    labels = np.where(xyz[:, 2] > 0.02, numbers[1], numbers[0]).astype(np.int32)
    arrays = {"points": xyz, "labels": labels}
    if names is not None:
        classes = [{"id": i, "name": n} for i, n in names.items()]
        arrays["classes"] = json.dumps({"classes": classes})
    np.savez(path, **arrays)
    return path


def test_a_clouds_numbers_give_way_to_the_list_and_masks_mean_the_list(
    fuse, on_ball, scene_file, tmp_path
):
    cloud = labelled_cloud(tmp_path / "c.npz", scene_file, (2, 1), {1: "ball", 2: "floor"})
    found, output, names = fuse(
        lambda t: t, "--cloud", cloud, "--taxonomy", "floor,ball", frames=[0]
    )
    assert names == {1: "floor", 2: "ball"}
    assert share(found, "ball", on_ball) > 0.95
    assert share(found, "floor", ~on_ball) > 0.95
    assert "Labels of the cloud have the class list's numbers now: ball 1 is 2, floor 2 is 1." in (
        output
    )


def test_bare_numbers_of_masks_are_kept_apart_from_a_clouds_names(
    fuse, on_ball, scene_file, tmp_path
):
    cloud = labelled_cloud(tmp_path / "c.npz", scene_file, (2, 5), {2: "floor", 5: "thing"})
    found, output, names = fuse(
        lambda t: np.where(t == BALL, 2, 0), "--cloud", cloud, "--min-confidence", 0
    )
    assert names == {2: "floor", 5: "thing", 6: "class 6"}
    assert share(found, "class 6", on_ball) > 0.8
    assert share(found, "floor", ~on_ball) > 0.9
    assert "2 is now 6; --taxonomy says which classes the numbers are" in output


def test_photos_are_told_where_numbers_decide(fuse, run, scene_file, tmp_path, truth):
    _, output, _ = fuse(lambda t: t, name="seg_{:05d}_labelIds.png")
    assert "Masks were matched" not in output
    for i in range(4):
        (tmp_path / f"masks/seg_{i:05d}_labelIds.png").unlink()
    folder = tmp_path / "masks"
    for i in (1, 3):
        Image.fromarray(truth[i].astype(np.uint8)).save(folder / f"x{10 + i}.png")
    result = run("fuse", scene_file, "--masks", folder, "-o", tmp_path / "o.ply", "-y")
    assert result.exit_code == 1
    assert "no mask of" in result.output


def test_the_background_is_no_class_of_which_paint_is_told(fuse, run, scene_file, tmp_path):
    fuse(lambda t: np.where(t == BALL, BALL, 0))
    report = tmp_path / "less.json"
    # Most of the paint reaches nothing, what stands for the background too.
    done = run(
        "fuse", scene_file, "--masks", tmp_path / "masks", "--confidence-percentile", 97,
        "--json", report,
    )  # fmt: skip
    assert "65535" not in done.output
    reached = json.loads(report.read_text())["reached"]
    assert {name for photo in reached.values() for name in photo} == {"class 2"}
