"""From a surveyor's cameras and another tool's masks to a labelled cloud, as people type it."""

from __future__ import annotations

import json

import numpy as np
from PIL import Image

from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.io.mask_exporters.yolo import _data_yaml, _lines
from tests.io.ball_on_floor import arrays, with_points

H, W, COUNT = 90, 120, 5


def _metashape(folder, made) -> None:
    (folder / "images").mkdir(parents=True)
    k = made["intrinsics"][0].astype(float)
    cameras = ""
    for i in range(COUNT):
        Image.fromarray(made["processed_images"][i]).save(folder / f"images/DSC_{i}.png")
        pose = np.eye(4)
        pose[:3] = made["extrinsics"][i]
        values = " ".join(map(repr, np.linalg.inv(pose).ravel().tolist()))
        cameras += f'<camera id="{i}" sensor_id="0" label="DSC_{i}">'
        cameras += f"<transform>{values}</transform></camera>"
    cx, cy = k[0, 2] + 0.5 - W / 2, k[1, 2] + 0.5 - H / 2
    (folder / "cameras.xml").write_text(
        f'<document version="2.0.0"><chunk><sensors><sensor id="0" type="frame">'
        f'<resolution width="{W}" height="{H}"/><calibration type="frame" class="adjusted">'
        f"<f>{k[0, 0]}</f><cx>{cx}</cx><cy>{cy}</cy></calibration></sensor></sensors>"
        f"<cameras>{cameras}</cameras></chunk></document>"
    )


def test_metashape_and_yolo(run, tmp_path):
    made, truths = arrays(photos=COUNT, h=H, w=W)
    points = with_points(made)["points_3d"]
    truth = np.concatenate([t[d > 0] for t, d in zip(truths, made["depth"], strict=True)])
    _metashape(tmp_path / "flight", made)
    np.savetxt(tmp_path / "cloud.xyz", points, fmt="%.6f")
    taxonomy = Taxonomy([LabelClass(1, "floor", (9, 9, 9)), LabelClass(2, "ball", (200, 9, 9))])
    (tmp_path / "yolo/labels").mkdir(parents=True)
    (tmp_path / "yolo/data.yaml").write_text(_data_yaml(taxonomy, ["train"]))
    for i in range(COUNT):
        lines = _lines(truths[i].astype(np.uint16), taxonomy)
        (tmp_path / f"yolo/labels/DSC_{i}.txt").write_text("\n".join(lines))
    result = run(
        "fuse", tmp_path / "flight", "--cloud", tmp_path / "cloud.xyz",
        "--masks", tmp_path / "yolo", "-o", tmp_path / "labelled.npz",
        "--json", tmp_path / "r.json",
    )  # fmt: skip
    assert result.exit_code == 0, result.output
    with np.load(tmp_path / "labelled.npz") as labelled:
        labels = labelled["labels"]
    assert (labels == truth).mean() > 0.95
    notes = " ".join(json.loads((tmp_path / "r.json").read_text())["notes"])
    assert "Metashape: 5 photos" in notes
    assert "agree better" not in notes
