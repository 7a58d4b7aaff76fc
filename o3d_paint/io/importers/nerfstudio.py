"""nerfstudio's ``transforms.json`` (and Instant NGP's, which it extends).

Source: nerfstudio's page on data conventions and its data parser, and Instant NGP's loader.
``transform_matrix`` is camera to world with OpenGL axes; depth pictures and arrays are in
thousandths of the poses' unit (``depth_unit_scale_factor``), 0 unknown; Instant NGP states its unit
(``integer_depth_scale``). A cloud that the file names is taken where there is no depth.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.camera import Camera, inverse
from o3d_paint.core.scene import Frame, Photo
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.capture import Capture, ImportOptions
from o3d_paint.io.clouds.cloud_file import CloudFile
from o3d_paint.io.depth_pictures import DepthFiles, DepthMeaning
from o3d_paint.io.depth_room import require_room_for_depths
from o3d_paint.io.files import open_file
from o3d_paint.io.images import MAX_ASPECT, PHOTO_SUFFIXES, list_files, photo_at
from o3d_paint.io.importers.depth_units import doubts_about_unit
from o3d_paint.io.importers.left_out import LeftOut, shape_fault, unposed
from o3d_paint.io.importers.nerfstudio_lens import lens_of
from o3d_paint.io.importers.photo_finder import PhotoFinder
from o3d_paint.io.importers.pose_files import is_pose, world_from_cam_of
from o3d_paint.io.json_file import item, number, read_json
from o3d_paint.io.paths import existing
from o3d_paint.io.undistort import UndistortedPhoto, pinhole_of, straightened

__all__ = ["read", "recognizes"]

_FILE = "transforms.json"
_MILLIMETRES = 0.001
_NOTES_SHOWN = 3
_COPIES = (2, 4, 8)
"""By how many times nerfstudio's copies of photos are smaller: ``images_2`` and so on."""
# What nerfstudio calls the depth of a frame, and what Instant NGP does.
_DEPTH_KEYS = ("depth_file_path", "depth_path")


def recognizes(path: Path) -> bool:
    """Return whether a path is such a file or a folder that has one."""
    file = path / _FILE if path.is_dir() else path
    if not file.is_file() or file.suffix.lower() != ".json":
        return False
    with open_file(file) as opened:
        return b'"frames"' in opened.read() if file.stat().st_size < 1 << 28 else False


class _Reader:
    """One file: what all of its frames share, and what came of them."""

    def __init__(self, file: Path, document: Any, options: ImportOptions) -> None:
        self.file = file
        self._document = document
        self._options = options
        self.left_out = LeftOut()
        self.notes: list[str] = []
        self.copies: set[str] = set()
        self._photos: set[Path] = set()
        self._finder: PhotoFinder | None = None
        self._unit = self._stated_unit()
        given = () if options.invalid_depth is None else (float(options.invalid_depth),)
        self._meaning = DepthMeaning(self._unit, self._unit, given, given)
        self._depths = DepthFiles([])

    @property
    def unit(self) -> float:
        """Scene units of a step of the depth pictures."""
        return self._unit

    def frames(self, records: list[Any]) -> list[Frame]:
        """Return the photos that can be used; the others are told by `left_out`.

        Raises:
            FormatError: A name leads out of the folder.
            MissingExtraError: Depth is in a format whose library is not installed.
        """
        names = [(n, self._depth_path(r)) for n, r in enumerate(records)]
        depths = [p for _, p in names if p is not None]
        require_room_for_depths(self.file, depths, limit=self._options.memory_limit)
        self._depths = DepthFiles(depths)
        found = []
        for i, record in enumerate(records):
            where = f"frames[{i}] of {self.file}"
            photo = self._photo_path(record, where)
            if photo is None:
                continue
            try:
                frame = self._frame(record, photo, names[i][1], where)
            except (FormatError, SceneError) as error:
                self.left_out.add_error(_name_of(record, where), error)
                continue
            if frame is not None:
                found.append(frame)
        return found

    def beside(self) -> list[str]:
        """Return a sentence for each folder of photos with others that the file does not name."""
        notes = []
        for folder in sorted({p.parent for p in self._photos}):
            there = list_files(folder, PHOTO_SUFFIXES)
            others = [p.name for p in there if p not in self._photos]
            notes += unposed(others, len(there), folder, self.file.name)
        return notes

    def _stated_unit(self) -> float:
        if self._options.depth_unit is not None:
            return self._options.depth_unit
        for key in ("depth_unit_scale_factor", "integer_depth_scale"):
            if isinstance(self._document, dict) and key in self._document:
                scale = number(self._document, key, str(self.file))
                if 0 < scale < 1e9:
                    return scale
        return _MILLIMETRES

    def _depth_path(self, record: Any) -> Path | None:
        """Return the depth picture that a frame names, as `existing` does; None where none is."""
        name = next((record[k] for k in _DEPTH_KEYS if isinstance(record, dict) and k in record), 0)
        if not isinstance(name, str):
            return None
        found = existing(self.file.parent, name, self.file)
        if found is None:
            self.notes.append(f"The depth picture {name!r} is not there; its photo has no depth.")
        return found

    def _photo_path(self, record: Any, where: str) -> Path | None:
        """Return the photo of a frame, whose ending Blender's data sets leave out."""
        name = record.get("file_path") if isinstance(record, dict) else None
        if not isinstance(name, str):
            msg = f"{where} has no 'file_path' that names a photo"
            self.left_out.add(where, "no 'file_path' names it", msg)
            return None
        path = self._photos_elsewhere(name) or self._photo_beside(name)
        if path is not None:
            self._photos.add(path)
            return path
        msg = f"{self.file} names the photo {name!r}, which is not there: copy the whole folder"
        self.left_out.add(repr(name), "it is not there", msg)
        return None

    def _photo_beside(self, name: str) -> Path | None:
        """Return the photo that a name means; a smaller copy where that alone is there."""
        folder, _, rest = name.replace("\\", "/").removeprefix("./").partition("/")
        copies = [f"{folder}_{k}/{rest}" for k in _COPIES] if rest else []
        for place, candidate in enumerate([name, *copies]):
            for ending in ("", ".png", ".jpg", ".jpeg"):
                found = existing(self.file.parent, candidate + ending, self.file)
                if found is not None:
                    if place:
                        self.copies.add(candidate.partition("/")[0])
                    return found
        return None

    def _photos_elsewhere(self, name: str) -> Path | None:
        """Return the photo in the folder that the user named."""
        if self._options.images is None:
            return None
        if self._finder is None:
            self._finder = PhotoFinder((self._options.images,))
        return self._finder.find(name).path

    def _frame(
        self, record: Any, photo_path: Path, depth_path: Path | None, where: str
    ) -> Frame | None:
        name = record["file_path"]
        pose = _pose(record, where, self._options)
        if pose is None:
            msg = f"{self.file} has no frame with a valid pose: each must be a rotation and a"
            self.left_out.add(repr(name), "it has no valid pose", f"{msg} position")
            return None
        photo: Photo = photo_at(photo_path)
        lens = lens_of({**self._document, **record}, photo, where)
        fault = shape_fault(photo, (lens.height, lens.width))
        if fault is not None:
            msg = f"{photo_path} has {fault} in {where}: give the photos that it was made from"
            self.left_out.add(f"{name!r} ({fault})", "its shape is not its camera's", msg)
            return None
        depth = None if depth_path is None else self._depth(depth_path, photo)
        camera = Camera.from_matrix(lens.matrix, lens.width, lens.height)
        if lens.is_fisheye or bool(lens.coefficients.any()):
            try:
                camera = pinhole_of(lens)
            except ValueError as error:
                msg = f"{where}: {error}: undistort the photos first"
                raise FormatError(msg) from error
            photo = UndistortedPhoto(photo, lens, camera)
            depth = None if depth is None else straightened(depth, lens, camera, smooth=False)
        if depth is not None:
            camera = camera.resized(depth.shape[1], depth.shape[0])
        stem = name.replace("\\", "/").removeprefix("./").rsplit(".", 1)[0].replace("/", "_")
        return Frame(stem, camera, pose, photo, depth)

    def _depth(self, path: Path, photo: Photo) -> FloatArray | None:
        """Return the depth of a photo; None, and a note, where it is damaged or of other shape."""
        try:
            depth = self._meaning.depth_of(self._depths.read(path))
        except FormatError as error:
            self.notes.append(f"A depth picture is left out: {error}.")
            return None
        height, width = int(depth.shape[0]), int(depth.shape[1])
        fault = shape_fault(photo, (height, width), tolerance=MAX_ASPECT - 1)
        if fault is None:
            return depth
        self.notes.append(
            f"The depth picture {path.name} is left out: it has {width}x{height} pixels, its photo"
            f" {photo.width}x{photo.height}, which is another shape."
        )
        return None


def read(path: Path, options: ImportOptions) -> Capture:
    """Read the file, its photos and depths, or the cloud that it names.

    Raises:
        FormatError: A field is of the wrong type, or a name leads out of the folder.
        SceneError: There is no photo that can be used, or neither depth nor a cloud.
    """
    file = path / _FILE if path.is_dir() else path
    document = read_json(file)
    records = item(document, "frames", list, str(file))
    reader = _Reader(file, document, options)
    frames = reader.frames(records[:: max(1, options.every)])
    reader.left_out.require_rest(len(frames), str(file))
    if not frames:
        msg = f"{file} has no frame with a valid pose: each must be a rotation and a position"
        raise SceneError(msg)
    with_depth = sum(f.depth is not None for f in frames)
    notes = [f"nerfstudio: {len(frames)} photos, {with_depth} with depth."]
    notes += [*reader.left_out.notes(), *_counted(reader.notes)]
    if reader.copies:
        notes.append(f"Photos are the smaller copies in {', '.join(sorted(reader.copies))}.")
    if options.cloud is not None and _is_moved(document):
        notes.append(
            "Its poses went through applied_transform: a cloud from before, such as COLMAP's, has"
            " to go through it too."
        )
    if options.every == 1:
        notes += reader.beside()
    xyz, rgb = None, None
    if options.cloud is None:
        xyz, rgb, said = _named_cloud(file, document, has_depth=with_depth > 0)
        notes += said
    if with_depth and options.depth_unit is None:
        whose = f"in steps of {reader.unit:g}"
        if reader.unit == _MILLIMETRES:
            whose = "in thousandths, as nerfstudio does"
        notes += doubts_about_unit(frames, reader.unit, whose)
    convention = options.convention or "c2w"
    name = file.resolve().parent.name
    axes = options.axes or "gl"
    return Capture(name, tuple(frames), convention, xyz, rgb, tuple(notes), axes=axes)


def _named_cloud(
    file: Path, document: Any, *, has_depth: bool
) -> tuple[FloatArray | None, RgbArray | None, list[str]]:
    """Return the points and colours of the cloud that a file names, and what there is to say.

    nerfstudio has them in the coordinates of the poses.

    Raises:
        SceneError: There is no depth, and no cloud that can be read.
    """
    name = document.get("ply_file_path") if isinstance(document, dict) else None
    missing = f"{file} has no depth_file_path: add depth, or a cloud of its own with --cloud"
    if not isinstance(name, str):
        if not has_depth:
            raise SceneError(missing)
        return None, None, []
    path = existing(file.parent, name, file)
    if has_depth:
        used = f"Its cloud {name} is not taken, since photos have depth (see --cloud)."
        return None, None, [used] if path is not None else []
    if path is None:
        msg = f"{file} names the cloud {name!r}, which is not there, and has no depth_file_path"
        raise SceneError(f"{msg}: copy the whole folder, or give a cloud with --cloud")
    cloud = _read_cloud(path)
    said = [f"{len(cloud.xyz):,} points of {path}, which {file.name} names, are the cloud."]
    return cloud.xyz, cloud.rgb, [*said, *cloud.notes]


def _read_cloud(path: Path) -> CloudFile:
    # The readers of clouds know estimators' names for arrays, and those are importers.
    from o3d_paint.io.clouds.registry import read_cloud

    return read_cloud(path)


def _is_moved(document: Any) -> bool:
    """Return whether nerfstudio turned or moved what it was given."""
    try:
        moved = np.array(document.get("applied_transform"), dtype=np.float64)
    except (TypeError, ValueError, OverflowError):
        return False
    return moved.shape in ((3, 4), (4, 4)) and not np.allclose(moved[:3], np.eye(4)[:3])


def _counted(notes: list[str]) -> list[str]:
    """Return the first notes of a kind, and how many more there are."""
    if len(notes) <= _NOTES_SHOWN:
        return notes
    return [*notes[:_NOTES_SHOWN], f"{len(notes) - _NOTES_SHOWN} more depth pictures are left out."]


def _name_of(record: Any, where: str) -> str:
    name = record.get("file_path") if isinstance(record, dict) else None
    return repr(name) if isinstance(name, str) else where


def _pose(record: Any, where: str, options: ImportOptions) -> FloatArray | None:
    """Return world to camera with OpenCV axes; None where the matrix is no pose.

    Raises:
        FormatError: There is no matrix of numbers.
    """
    rows = item(record, "transform_matrix", list, where)
    try:
        matrix = np.array(rows, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        msg = f"transform_matrix of {where} must be 4x4 numbers"
        raise FormatError(msg) from error
    if matrix.shape not in ((4, 4), (3, 4)):
        msg = f"transform_matrix of {where} must be 4x4, found shape {matrix.shape}"
        raise FormatError(msg)
    full = np.eye(4)
    full[:3] = matrix[:3]
    if not is_pose(full):
        return None
    return inverse(world_from_cam_of(full, options.convention or "c2w", options.axes or "gl"))
