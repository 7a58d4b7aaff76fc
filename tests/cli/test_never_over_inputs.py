"""No output takes the place of what was read, or of anything in a project, -y or not."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from PIL import Image

import o3d_paint as op
from o3d_paint.io.files import noting_files, open_file


@pytest.fixture
def masks(tmp_path, scene_file):
    folder = tmp_path / "m"
    folder.mkdir()
    scene = op.load(scene_file)
    for i, frame in enumerate(scene.frames[:2]):
        ids = np.ones((frame.photo.height, frame.photo.width), np.uint8)
        ids[: len(ids) // 2] = 2
        Image.fromarray(ids).save(folder / f"{i:03d}.png")
    (folder / "classes.json").write_text('{"1": "floor", "2": "wall"}', "utf-8")
    return folder


@pytest.fixture
def capture(tmp_path, scene_file):
    """The scene as a folder of nerfstudio."""
    arrays = dict(np.load(scene_file))
    folder = tmp_path / "capture"
    (folder / "images").mkdir(parents=True)
    frames = []
    for i, depth in enumerate(arrays["depth"]):
        Image.fromarray(arrays["processed_images"][i]).save(folder / f"images/{i:03d}.png")
        Image.fromarray((depth * 1000).astype(np.uint16)).save(folder / f"images/d{i:03d}.png")
        pose = np.eye(4)
        pose[:3] = arrays["extrinsics"][i][:3]
        pose = np.linalg.inv(pose)
        pose[:, 1:3] *= -1
        frames.append(
            {
                "file_path": f"images/{i:03d}.png",
                "depth_file_path": f"images/d{i:03d}.png",
                "transform_matrix": pose.tolist(),
            }
        )
    k = arrays["intrinsics"][0].tolist()
    h, w = arrays["depth"].shape[1:]
    camera = {"fl_x": k[0][0], "fl_y": k[1][1], "cx": k[0][2] + 0.5, "cy": k[1][2] + 0.5}
    (folder / "transforms.json").write_text(
        json.dumps({**camera, "w": w, "h": h, "frames": frames}), "utf-8"
    )
    return folder


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    "call",
    [
        ["info", "{c}", "--json", "{c}/transforms.json", "-y"],
        ["info", "{c}", "--json", "{c}/images/d000.png", "-y"],
        ["fuse", "{c}", "--masks", "{m}", "--json", "{c}/images/000.png", "-y"],
        ["fuse", "{c}", "--masks", "{m}", "--json", "{m}/000.png", "-y"],
        ["fuse", "{c}", "--masks", "{m}", "--json", "{m}/classes.json", "-y"],
        ["fuse", "{c}", "--masks", "{m}", "-o", "{m}/a.npy", "-y"],
        ["stats", "{p}", "--scene", "{c}", "--csv", "{c}/transforms.json", "-y"],
        ["stats", "{p}", "--csv", "{p}/project.json", "-y"],
        ["stats", "{p}", "--json", "{p}/masks/000.png", "-y"],
        ["info", "{s}", "--json", "{p}/new.json"],
        ["export", "{p}", "-o", "{p}/fused.npz", "-y"],
        ["fuse", "{s}", "--masks", "{m}", "-o", "{p}/a.ply"],
        ["fuse", "{s}", "--masks", "{m}", "--save", "{p}/masks/b.o3dpaint"],
        ["render", "{p}", "-o", "{p}/masks/000.png", "--size", "64x48", "-y"],
        ["render", "{q}", "-o", "{c}/images/000.png", "--size", "64x48", "-y"],
        ["review", "{p}", "-o", "{p}/masks", "-y"],
        ["eval", "{p}", "-o", "{p}", "-y"],
        ["masks", "{p}", "-o", "{p}/new", "-y"],
        ["import", "{s}", "-o", "{p}/a.npz"],
        ["taxonomies", "asprs", "-o", "{p}/project.json", "-y"],
    ],
    ids=lambda call: " ".join(word for word in call if word not in ("-y", "--size", "64x48")),
)
def test_it_is_refused_and_everything_stays(
    run, scene_file, project, capture, masks, tmp_path, call
):
    names = {"s": scene_file, "p": project, "c": capture, "m": masks}
    names["q"] = tmp_path / "capture.o3dpaint"
    assert run("fuse", capture, "--masks", masks, "--save", names["q"]).exit_code == 0
    before = contents(tmp_path)
    done = run(*(word.format(**names) for word in call))
    assert done.exit_code == 1, done.output
    sentence = " ".join(done.output.split())
    assert "would be written over" in sentence or "belongs to the project" in sentence
    assert contents(tmp_path) == before


def test_a_report_does_not_replace_what_the_command_wrote(run, project, tmp_path):
    done = run("masks", project, "-o", tmp_path / "out", "--json", tmp_path / "a.json")
    assert done.exit_code == 0
    shutil.rmtree(tmp_path / "out")
    (tmp_path / "out").mkdir()
    done = run("masks", project, "-o", tmp_path / "out", "--json", tmp_path / "out/000.png")
    assert done.exit_code == 1
    assert "would be written twice" in done.output
    Image.open(tmp_path / "out/000.png").verify()


def test_earlier_results_beside_a_scene_are_replaced_when_told(run, capture, masks):
    call = ["fuse", capture, "--masks", masks, "-o", capture / "out.ply"]
    for _ in range(2):
        done = run(*call, "--json", capture / "report.json", "-y")
        assert done.exit_code == 0, done.output


def test_the_library_does_not_write_into_projects_or_over_scenes(project, capture):
    before = contents(capture)
    scene = op.load(capture)
    work = op.Project(scene, classes=["floor"])
    with pytest.raises(op.PaintError, match="belongs to the project"):
        op.export(work, project / "fused.npz")
    with pytest.raises(op.PaintError, match="belongs to the project"):
        op.picture(scene, path=project / "a.png")
    with pytest.raises(op.PaintError, match="being read"):
        op.picture(scene, path=capture / "images/001.png")
    assert contents(capture) == before


def test_files_are_noted_while_it_lasts(tmp_path):
    for name in "ab":
        (tmp_path / name).touch()
    with noting_files() as noted:
        open_file(tmp_path / "a").close()
    open_file(tmp_path / "b").close()
    assert list(noted) == [str(tmp_path / "a")]
