from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.comparison import compare_files


def write_ply(path, xyz, labels, names=None, kind="float"):
    lines = ["ply", "format ascii 1.0"]
    lines += [f'comment class {i} 1 2 3 "{n}"' for i, n in (names or {}).items()]
    lines += [f"element vertex {len(xyz)}", *(f"property {kind} {a}" for a in "xyz")]
    if labels is not None:
        lines.append("property int label")
    lines.append("end_header")
    for i, point in enumerate(xyz):
        tail = "" if labels is None else f" {labels[i]}"
        lines.append(" ".join(f"{v!r}" for v in point.tolist()) + tail)
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture
def cloud():
    rng = np.random.default_rng(0)
    return rng.uniform(-5, 5, (200, 3)), rng.integers(0, 4, 200)


def test_the_same_points_are_matched_by_order(tmp_path, cloud):
    xyz, truth = cloud
    found = truth.copy()
    found[:50] = 3
    # One file keeps coordinates as 32-bit floats, the other as 64-bit ones.
    a = write_ply(tmp_path / "a.ply", xyz.astype(np.float32), found)
    b = write_ply(tmp_path / "b.ply", xyz, truth, kind="double")
    done = compare_files(a, b)
    assert done.matching == "order"
    known = truth > 0
    assert done.scores.total == known.sum()
    assert done.scores.accuracy == pytest.approx((found == truth)[known].mean())
    assert f"{(~known).sum()} points" in done.notes[0]


def test_shuffled_points_are_matched_by_place(tmp_path, cloud):
    xyz, truth = cloud
    order = np.random.default_rng(1).permutation(len(xyz))[:150]
    a = write_ply(tmp_path / "a.ply", xyz[order] + 1e-4, truth[order])
    b = write_ply(tmp_path / "b.ply", xyz, truth)
    done = compare_files(a, b, reach=0.001)
    assert done.matching == "nearest"
    kept = np.isin(np.arange(200), order) & (truth > 0)
    labelled = (truth[kept] > 0).sum()
    assert done.scores.accuracy_of_labelled == 1
    assert done.scores.coverage == pytest.approx(labelled / (truth > 0).sum())


def test_classes_meet_by_name_where_both_have_names(tmp_path, cloud):
    xyz, truth = cloud
    swapped = np.array([0, 2, 1, 7])[truth]
    a = write_ply(tmp_path / "a.ply", xyz, swapped, {2: "Roof", 1: "wall", 7: "own"})
    b = write_ply(tmp_path / "b.ply", xyz, truth, {1: "roof", 2: "wall", 3: "tree"})
    done = compare_files(a, b)
    assert done.scores.iou[:2].tolist() == [1, 1]
    assert [c.name for c in done.taxonomy] == ["roof", "wall", "tree", "own"]


def test_labels_alone_are_matched_by_order(tmp_path, cloud):
    xyz, truth = cloud
    np.save(tmp_path / "a.npy", truth.astype(np.int32))
    b = write_ply(tmp_path / "b.ply", xyz, truth)
    assert compare_files(tmp_path / "a.npy", b).scores.accuracy == 1
    with pytest.raises(SceneError, match="only be matched by order"):
        compare_files(tmp_path / "a.npy", b, matching="nearest")
    np.save(tmp_path / "a.npy", truth[1:])
    with pytest.raises(SceneError, match="199 points"):
        compare_files(tmp_path / "a.npy", b)


def test_what_cannot_be_compared(tmp_path, cloud):
    xyz, truth = cloud
    a = write_ply(tmp_path / "a.ply", xyz, None)
    b = write_ply(tmp_path / "b.ply", xyz, truth)
    with pytest.raises(SceneError, match="has no labels"):
        compare_files(a, b)
    np.save(tmp_path / "c.npy", np.zeros((3, 2)))
    with pytest.raises(FormatError, match="class ids"):
        compare_files(tmp_path / "c.npy", b)
    with pytest.raises(FormatError, match="there is no file"):
        compare_files(tmp_path / "none.npy", b)


def test_a_class_that_the_truth_has_not_is_no_class_of_the_same_number(tmp_path, cloud):
    """Chairs are 2 in one file, tables in the other: numbers alone would call them right."""
    xyz, _ = cloud
    labels = np.where(np.arange(len(xyz)) < len(xyz) // 2, 1, 2).astype(np.uint16)
    files = []
    for name, second in (("pred", "chair"), ("truth", "table")):
        path = write_ply(tmp_path / f"{name}.ply", xyz, labels)
        classes = f'comment class 1 1 1 1 "floor"\ncomment class 2 2 2 2 "{second}"\n'
        text = path.read_bytes().replace(
            b"element vertex",
            f"{classes}element vertex".encode(),
            1,
        )
        path.write_bytes(text)
        files.append(path)
    done = compare_files(*files)
    assert done.scores.accuracy == pytest.approx(0.5, abs=0.01)
    assert {c.name for c in done.taxonomy} == {"floor", "chair", "table"}
    assert not any("numbers" in n for n in done.notes)
    assert compare_files(files[0], files[0]).scores.accuracy == 1


def test_that_bare_numbers_are_compared_is_said(tmp_path, cloud):
    xyz, truth = cloud
    one = write_ply(tmp_path / "a.ply", xyz, truth)
    np.save(tmp_path / "b.npy", truth)
    (note,) = [n for n in compare_files(one, tmp_path / "b.npy").notes if "numbers" in n]
    assert str(tmp_path / "b.npy") in note
