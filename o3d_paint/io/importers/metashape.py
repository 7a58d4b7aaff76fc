"""Metashape's cameras.xml (File > Export > Export Cameras).

Source: files of Metashape 1.5 to 2.1 as its users' readers take them, and its manual. A camera's
``transform`` is camera to chunk with OpenCV axes; the transform of its component, or else of the
chunk, leads to the world. In projects with a geographic or projected reference that world is
geocentric (see `georeference`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from xml.etree.ElementTree import Element

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.files import open_file
from o3d_paint.io.importers.georeference import georeferenced
from o3d_paint.io.importers.metashape_lens import view_of_sensor
from o3d_paint.io.importers.posed_photos import PosedPhoto, Size, Survey, View, capture_of, posed
from o3d_paint.io.xml_file import numbers_of, read_xml

__all__ = ["read", "recognizes", "survey_of"]

_HEAD = 4096
_NAMES = ("cameras.xml", "camera.xml")
_CLOUDS = ("dense_cloud", "point_cloud", "dense", "cloud")
_CLOUD_SUFFIXES = (".las", ".laz", ".ply", ".e57")


def recognizes(path: Path) -> bool:
    """Return whether a path is such a file or a folder that has one."""
    return _file(path) is not None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the file and its photos.

    Raises:
        FormatError: It is malformed, or no photo can be read.
        SceneError: There is no photo with a pose, or no cloud.
    """
    file = _file(path)
    if file is None:
        msg = f"{path} is no cameras.xml of Metashape: export the cameras as Agisoft XML"
        raise FormatError(msg)
    survey = survey_of(read_xml(file), file)
    return capture_of(survey, options)


def _file(path: Path) -> Path | None:
    candidates = [path / n for n in _NAMES] if path.is_dir() else [path]
    for file in candidates:
        if file.suffix.lower() != ".xml" or not file.is_file():
            continue
        with open_file(file) as opened:
            start = opened.read(_HEAD)
        if b"<document" in start and b"<chunk" in start:
            return file
    return None


def survey_of(root: Element, file: Path) -> Survey:
    """Return what a document has.

    Args:
        root: Its outermost element: a document of chunks, or a chunk.
        file: Where it was read, for messages; photos and clouds lie beside it.

    Raises:
        SceneError: No chunk has a camera.
    """
    chunks = [root] if root.tag == "chunk" else root.findall("chunk")
    counts = [len(_aligned(c)) for c in chunks]
    if not chunks or not max(counts):
        msg = f"{file} has no camera with a transform: align the photos, then export it again"
        raise SceneError(msg)
    chunk = chunks[int(np.argmax(counts))]
    notes = []
    others = [(c.get("label") or "without a name", n) for c, n in zip(chunks, counts, strict=True)]
    if len(chunks) > 1:
        listed = ", ".join(f"{name!r} ({n} photos)" for name, n in others)
        notes.append(f"Of its chunks the one with most photos is taken: {listed}.")
    photos = _photos(chunk, file, notes)
    aligned = {id(c) for c in _aligned(chunk)}
    left = [c.get("label") or "" for c in _cameras(chunk) if id(c) not in aligned]
    crs = (chunk.findtext("reference") or "").strip()
    photos, up, said = georeferenced(photos, crs, str(file))
    return Survey(
        file,
        "Metashape",
        photos,
        _places(file),
        "c2w",
        clouds=tuple(file.parent / f"{n}{s}" for n in _CLOUDS for s in _CLOUD_SUFFIXES),
        notes=[*notes, *said],
        up=up,
        unposed=left,
    )


def _places(file: Path) -> tuple[Path, ...]:
    beside = file.parent
    return (beside / "images", beside / "photos", beside)


def _cameras(chunk: Element) -> list[Element]:
    """Return the cameras of a chunk, those in groups too."""
    cameras = chunk.find("cameras")
    return [] if cameras is None else list(cameras.iter("camera"))


def _aligned(chunk: Element) -> list[Element]:
    return [c for c in _cameras(chunk) if c.find("transform") is not None]


def _photos(chunk: Element, file: Path, notes: list[str]) -> list[PosedPhoto]:
    sensors = {s.get("id"): s for s in chunk.findall("sensors/sensor")}
    worlds = {
        c.get("id"): _world(c.find("transform")) for c in chunk.findall("components/component")
    }
    of_chunk = _world(chunk.find("transform"))
    cameras = _aligned(chunk)
    used = {c.get("component_id") for c in cameras if worlds.get(c.get("component_id")) is not None}
    if len(used) > 1:
        notes.append(
            f"The photos are of {len(used)} components, which fit together only where Metashape"
            " placed each by its references."
        )

    @cache
    def view(sensor_id: str | None) -> View:
        sensor = sensors.get(sensor_id)
        if sensor is None:
            msg = f"{file} has no sensor {sensor_id!r}: export the cameras again"
            raise FormatError(msg)
        label = sensor.get("label") or sensor_id
        return view_of_sensor(sensor, f"sensor {label!r} of {file}")

    photos = []
    for camera in cameras:
        own = worlds.get(camera.get("component_id"))
        world = of_chunk if own is None else own
        pose = _pose(camera, np.eye(4) if world is None else world)
        sensor_id = camera.get("sensor_id")
        photos.append(PosedPhoto(camera.get("label") or "", pose, partial(_sized, view, sensor_id)))
    return photos


def _sized(view: Callable[[str | None], View], sensor_id: str | None, _size: Size) -> View:
    return view(sensor_id)


def _world(transform: Element | None) -> FloatArray | None:
    """Return the (4, 4) similarity to the world of a chunk or component; None where it has none."""
    if transform is None:
        return None
    rotation = numbers_of(transform.findtext("rotation"), 9)
    translation = numbers_of(transform.findtext("translation"), 3)
    scale = numbers_of(transform.findtext("scale"), 1)
    world = np.eye(4)
    if rotation is None and translation is None and scale is None:
        return None
    if rotation is not None:
        world[:3, :3] = np.reshape(rotation, (3, 3))
    world[:3, :3] *= 1.0 if scale is None else scale[0]
    world[:3, 3] = translation or 0.0
    return world


def _pose(camera: Element, world: FloatArray) -> FloatArray | None:
    values = numbers_of(camera.findtext("transform"), 16)
    if values is None:
        return None
    chunk_from_cam = np.reshape(values, (4, 4))
    center = world[:3, :3] @ chunk_from_cam[:3, 3] + world[:3, 3]
    turn = world[:3, :3] @ chunk_from_cam[:3, :3]
    # The chunk's scale is of lengths; in a rotation it would make the camera larger.
    determinant = float(np.linalg.det(turn))
    if not np.isfinite(determinant) or determinant <= 0:
        return None
    return posed((turn / np.cbrt(determinant)).T, center)
