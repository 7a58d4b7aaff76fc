"""cameras.xml of Metashape, rebuilt from its manual and its users' readers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from o3d_paint.errors import FormatError, PaintError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.importers import read_capture
from tests.io.importers import dots

BROWN = {
    "f": 300.0, "cx": 4.0, "cy": -3.0, "k1": -0.08, "k2": 0.03, "k3": -0.004,
    "p1": 0.006, "p2": -0.003, "b1": 5.0,
}  # fmt: skip
SKEWED = {**BROWN, "b2": 4.0, "k4": 0.01}
FISHEYE = {"f": 240.0, "cx": 3.0, "cy": 2.0, "k1": 0.03, "k2": -0.01, "p1": 0.004}
PLAIN = {"f": 310.0}

TERMS = ("f", "cx", "cy", "k1", "k2", "k3", "k4", "p1", "p2", "b1", "b2")


def seen(terms: dict[str, float], xy: np.ndarray, kind: str = "frame") -> np.ndarray:
    """The manual's camera model; places with integers at pixel centres."""
    t = {n: terms.get(n, 0.0) for n in TERMS}
    x, y = xy.T
    if kind == "fisheye":
        r0 = np.hypot(x, y)
        x, y = x * np.arctan(r0) / r0, y * np.arctan(r0) / r0
    r2 = x * x + y * y
    radial = 1 + t["k1"] * r2 + t["k2"] * r2**2 + t["k3"] * r2**3 + t["k4"] * r2**4
    xd = x * radial + t["p1"] * (r2 + 2 * x * x) + 2 * t["p2"] * x * y
    yd = y * radial + t["p2"] * (r2 + 2 * y * y) + 2 * t["p1"] * x * y
    u = dots.W / 2 + t["cx"] + xd * t["f"] + xd * t["b1"] + yd * t["b2"]
    v = dots.H / 2 + t["cy"] + yd * t["f"]
    return np.stack([u, v], axis=1) - 0.5


WORLD = np.eye(4)
WORLD[:3, :3] = 2.5 * Rotation.from_rotvec([0.3, -0.5, 0.9]).as_matrix()
WORLD[:3, 3] = 10, -4, 3


def sensor_xml(number: int, terms: dict[str, float], kind: str = "frame") -> str:
    values = "".join(f"<{n}>{v!r}</{n}>" for n, v in terms.items())
    return (
        f'<sensor id="{number}" label="unknown" type="{kind}">'
        f'<resolution width="{dots.W}" height="{dots.H}"/>'
        f'<calibration type="{kind}" class="initial"><f>123</f></calibration>'
        f'<calibration type="{kind}" class="adjusted">'
        f'<resolution width="{dots.W}" height="{dots.H}"/>{values}</calibration></sensor>'
    )


def transform_xml(world: np.ndarray) -> str:
    scale = np.cbrt(np.linalg.det(world[:3, :3]))
    rotation = " ".join(map(repr, (world[:3, :3] / scale).ravel().tolist()))
    place = " ".join(map(repr, world[:3, 3].tolist()))
    return (
        f"<transform><rotation>{rotation}</rotation><translation>{place}</translation>"
        f"<scale>{float(scale)!r}</scale></transform>"
    )


def write(
    folder: Path,
    lenses: list[tuple[dict[str, float], str]],
    *,
    world: np.ndarray = WORLD,
    in_component: bool = True,
    reference: str = "",
    ending: str = "",
    invert: bool = False,
) -> str:
    """Write a project whose cameras take turns with the sensors; returns the text."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    cameras = ""
    for i, pose in enumerate(dots.poses()):
        terms, kind = lenses[i % len(lenses)]
        uv = seen(terms, dots.normalized(pose), kind)
        dots.photo(uv).save(folder / "images" / f"DSC_{i}.png")
        chunk_from_cam = np.linalg.inv(world) @ np.linalg.inv(pose)
        scale = np.cbrt(np.linalg.det(chunk_from_cam[:3, :3]))
        chunk_from_cam[:3, :3] /= scale
        matrix = np.linalg.inv(chunk_from_cam) if invert else chunk_from_cam
        values = " ".join(map(repr, matrix.ravel().tolist()))
        cameras += (
            f'<camera id="{i}" sensor_id="{i % len(lenses)}" component_id="0"'
            f' label="DSC_{i}{ending}"><transform>{values}</transform></camera>'
        )
    sensors = "".join(sensor_xml(i, *lens) for i, lens in enumerate(lenses))
    placed = transform_xml(world)
    component = (
        f'<components><component id="0">{placed if in_component else ""}</component></components>'
    )
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<document version="2.0.0"><chunk label="Chunk 1">'
        f"<sensors>{sensors}</sensors>{component}<cameras><group>{cameras}</group>"
        '<camera id="99" sensor_id="0" label="DSC_99"/></cameras>'
        f"<reference>{reference}</reference>{'' if in_component else placed}</chunk></document>"
    )
    (folder / "cameras.xml").write_text(text)
    np.savetxt(folder / "tie.xyz", dots.POINTS)
    return text


def read(folder: Path, **options: object) -> Capture:
    return read_capture(folder, ImportOptions(cloud=folder / "tie.xyz", **options))


@pytest.mark.parametrize(
    ("lenses", "in_component"),
    [
        ([(PLAIN, "frame")], True),
        ([(BROWN, "frame")], False),
        ([(SKEWED, "frame")], True),
        ([(FISHEYE, "fisheye")], True),
        ([(BROWN, "frame"), (PLAIN, "frame"), (FISHEYE, "fisheye")], True),
    ],
)
def test_every_dot_lies_where_the_cameras_see_it(tmp_path, lenses, in_component):
    write(tmp_path, lenses, in_component=in_component)
    capture = read(tmp_path)
    assert len(capture.frames) == dots.COUNT
    assert dots.worst_error(capture) < 0.5
    assert "1 of 5 photos has no pose in cameras.xml: 'DSC_99'" in " ".join(capture.notes)


def test_the_proof_notices_tangential_terms_in_the_wrong_order(tmp_path):
    text = write(tmp_path, [(BROWN, "frame")])
    swapped = text.replace("<p1>", "<x>").replace("</p1>", "</x>").replace("p2>", "p1>")
    (tmp_path / "cameras.xml").write_text(swapped.replace("<x>", "<p2>").replace("</x>", "</p2>"))
    assert dots.worst_error(read(tmp_path)) > 0.5


def test_millimetres_at_five_million(tmp_path):
    world = WORLD.copy()
    world[:3, 3] = 5_000_000, 5_400_000, 300
    write(tmp_path, [(BROWN, "frame")])
    text = (tmp_path / "cameras.xml").read_text()
    (tmp_path / "cameras.xml").write_text(text.replace(transform_xml(WORLD), transform_xml(world)))
    moved = dots.POINTS + world[:3, 3] - WORLD[:3, 3]
    capture = read(tmp_path)
    assert dots.worst_error(capture, moved) < 0.5
    at = [np.linalg.inv(p)[:3, 3] + world[:3, 3] - WORLD[:3, 3] for p in dots.poses()]
    for frame, place in zip(capture.frames, at, strict=True):
        assert np.abs(frame.position - place).max() < 1e-3


def test_photos_named_with_ending_elsewhere_and_given(tmp_path):
    write(tmp_path, [(PLAIN, "frame")], ending=".PNG")
    (tmp_path / "images").rename(tmp_path / "2024 flight")
    assert len(read(tmp_path).frames) == dots.COUNT
    outside = tmp_path.parent / f"{tmp_path.name}-photos"
    (tmp_path / "2024 flight").rename(outside)
    with pytest.raises(PaintError, match="--images"):
        read(tmp_path)
    assert len(read(tmp_path, images=outside).frames) == dots.COUNT


def test_broken_parts_are_left_out_and_named(tmp_path):
    text = write(tmp_path, [(PLAIN, "frame"), (BROWN, "frame")])
    text = text.replace('type="frame" class="adjusted"', 'type="spherical" class="adjusted"', 1)
    (tmp_path / "cameras.xml").write_text(
        text.replace('id="3" sensor_id="1"', 'id="3" sensor_id="7"')
    )
    capture = read(tmp_path)
    assert [f.name for f in capture.frames] == ["DSC_1"]
    said = " ".join(capture.notes)
    assert "of the kind 'spherical'" in said
    assert "has no sensor '7'" in said


def test_entities_are_refused(tmp_path):
    text = write(tmp_path, [(PLAIN, "frame")])
    bomb = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">]><document '
    (tmp_path / "cameras.xml").write_text(text.replace("<document ", bomb, 1))
    with pytest.raises(FormatError, match="declares a document type"):
        read(tmp_path)


def test_geocentric_cameras_are_put_into_the_map(tmp_path):
    pyproj = pytest.importorskip("pyproj", reason="pyproj is not installed")
    system = pyproj.CRS.from_epsg(32632)
    globe = pyproj.CRS.from_dict({"proj": "geocent", "ellps": "WGS84"})
    back = pyproj.Transformer.from_crs(system.to_3d(), globe, always_xy=True)
    origin = np.array([691_000.0, 5_335_000.0, 500.0])
    steps = np.stack(back.transform(*(origin + np.concatenate([np.zeros((1, 3)), np.eye(3)])).T), 1)
    world = np.eye(4)
    turn = (steps[1:] - steps[0]).T
    left, _, right = np.linalg.svd(turn)
    world[:3, :3], world[:3, 3] = left @ right, steps[0]
    write(tmp_path, [(BROWN, "frame")], world=np.eye(4), reference=system.to_wkt("WKT1_GDAL"))
    text = (tmp_path / "cameras.xml").read_text()
    (tmp_path / "cameras.xml").write_text(
        text.replace(transform_xml(np.eye(4)), transform_xml(world))
    )
    on_map = np.stack(
        pyproj.Transformer.from_crs(globe, system.to_3d(), always_xy=True).transform(
            *(dots.POINTS @ world[:3, :3].T + world[:3, 3]).T
        ),
        axis=1,
    )
    capture = read(tmp_path)
    assert "Cameras are put into WGS 84 / UTM zone 32N" in " ".join(capture.notes)
    assert dots.worst_error(capture, on_map) < 0.5
    assert np.abs(capture.frames[0].position[:2] - origin[:2]).max() < 5
