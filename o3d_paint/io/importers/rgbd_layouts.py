"""How data sets of posed colour and depth pictures lay out their folders.

Sources: the data sets' own pages and tools (7-Scenes, TUM RGB-D, ScanNet's SensReader), the readers
of NICE-SLAM for Replica and ScanNet folders, Open3D's trajectory reader for Redwood, and real
captures of 3DMatch, Redwood, HoloLens and ICL-NUIM.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import FloatArray
from o3d_paint.errors import FormatError
from o3d_paint.io.files import read_file
from o3d_paint.io.images import PHOTO_SUFFIXES, list_files, natural_key
from o3d_paint.io.importers.pose_files import (
    read_intrinsics,
    read_matrix,
    read_poses,
    require_camera,
)
from o3d_paint.io.json_file import item, number, read_json
from o3d_paint.io.paths import inside

__all__ = [
    "DEPTH_SUFFIXES",
    "INTRINSICS_NAMES",
    "LAYOUTS",
    "PRIMESENSE",
    "Listing",
    "first_existing",
    "pinhole",
]

DEPTH_SUFFIXES = (".png", ".pgm", ".tif", ".tiff", ".npy")
MILLIMETRES = 0.001
PRIMESENSE = (525.0, 525.0, 319.5, 239.5)
_SEVEN_SCENES = (585.0, 585.0, 320.0, 240.0)
_TUM_CAMERAS = {
    "freiburg1": (517.3, 516.5, 318.6, 255.3),
    "freiburg2": (520.9, 521.0, 325.1, 249.7),
    "freiburg3": (535.4, 539.2, 320.1, 247.6),
}
_TUM_UNIT = 1 / 5000
_MAX_TIME_GAP = 0.08
_MIN_SCALE = 1e-9
_BYTES_PER_CHARACTER = 8
INTRINSICS_NAMES = (
    "camera-intrinsics.txt",
    "intrinsics.txt",
    "intrinsic.txt",
    "K.txt",
    "camera.param",
    "intrinsic.json",
    "camera_intrinsic.json",
    "intrinsic/intrinsic_depth.txt",
    "intrinsic_depth.txt",
)


@dataclass(frozen=True, slots=True, eq=False)
class Listing:
    """The files of a data set, not yet read.

    Attributes:
        photos: Colour pictures.
        depths: Depth pictures, one a photo.
        poses: (F, 4, 4) camera to world with OpenCV axes unless the generic reader finds otherwise.
        matrix: (3, 3) intrinsics of the depth pictures; None where no file has them.
        unit: Metres of one step of a depth value; None where it is to be found out.
        invalid: Depth values that mean unknown, besides 0.
        notes: What was assumed.
    """

    photos: list[Path]
    depths: list[Path]
    poses: FloatArray
    matrix: FloatArray | None
    unit: float | None = MILLIMETRES
    invalid: tuple[int, ...] = (65535,)
    notes: tuple[str, ...] = field(default=())


def pinhole(values: tuple[float, float, float, float]) -> FloatArray:
    """Return the (3, 3) matrix of fx, fy, cx, cy."""
    fx, fy, cx, cy = values
    return np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]], dtype=np.float64)


def first_existing(folder: Path, names: tuple[str, ...]) -> Path | None:
    """Return the first of some files that is there."""
    return next((folder / n for n in names if (folder / n).is_file()), None)


def _intrinsics(folder: Path) -> FloatArray | None:
    path = first_existing(folder, INTRINSICS_NAMES)
    return None if path is None else read_intrinsics(path)


def list_frames(folder: Path) -> Listing | None:
    """List 7-Scenes, SUN3D and 3DMatch: ``frame-000000.{color,depth}.png`` and ``.pose.txt``."""
    poses = sorted([*folder.glob("frame-*.pose.txt"), *folder.glob("seq-*/frame-*.pose.txt")])
    if not poses:
        return None
    stems = [p.with_name(p.name.removesuffix(".pose.txt")) for p in poses]
    photos = [_sibling(s, (".color.png", ".color.jpg")) for s in stems]
    depths = [_sibling(s, (".depth.png", ".depth.pgm")) for s in stems]
    matrix = _intrinsics(folder)
    if matrix is None:
        matrix = _intrinsics(folder.parent)
    notes: tuple[str, ...] = ()
    if matrix is None:
        matrix = pinhole(_SEVEN_SCENES)
        notes = ("No camera-intrinsics.txt: 585 585 320 240 is taken, as 7-Scenes advises.",)
    return Listing(photos, depths, np.stack([read_matrix(p) for p in poses]), matrix, notes=notes)


def list_scannet(folder: Path) -> Listing | None:
    """List ScanNet as its reader exports it: color, depth, pose and intrinsic folders."""
    root = folder / "frames" if (folder / "frames" / "pose").is_dir() else folder
    if not all((root / n).is_dir() for n in ("color", "depth", "pose")):
        return None
    poses = list_files(root / "pose", (".txt",))
    depths = [_named(root / "depth", p.stem, DEPTH_SUFFIXES) for p in poses]
    photos = [_named(root / "color", p.stem, PHOTO_SUFFIXES) for p in poses]
    matrices = np.stack([read_matrix(p) for p in poses]) if poses else np.zeros((0, 4, 4))
    return Listing(photos, depths, matrices, _intrinsics(root))


def list_redwood(folder: Path) -> Listing | None:
    """List Redwood and Open3D: color, depth and ``trajectory.log``."""
    log = first_existing(folder, ("trajectory.log", "scene/trajectory.log"))
    colors = next((folder / n for n in ("color", "image", "rgb") if (folder / n).is_dir()), None)
    if log is None or colors is None or not (folder / "depth").is_dir():
        return None
    poses, _ = read_poses(log)
    matrix = _intrinsics(folder)
    notes: tuple[str, ...] = ()
    if matrix is None:
        matrix = pinhole(PRIMESENSE)
        notes = ("No intrinsics file: 525 525 319.5 239.5 (PrimeSense) is taken.",)
    photos = list_files(colors, PHOTO_SUFFIXES)
    depths = list_files(folder / "depth", DEPTH_SUFFIXES)
    return Listing(photos, depths, poses, matrix, notes=notes)


def list_tum(folder: Path) -> Listing | None:
    """List TUM RGB-D: ``rgb.txt``, ``depth.txt`` and ``groundtruth.txt``, matched by time."""
    names = ("rgb.txt", "depth.txt", "groundtruth.txt")
    if not all((folder / n).is_file() for n in names):
        return None
    poses, pose_times = read_poses(folder / "groundtruth.txt")
    if pose_times is None:
        msg = f"{folder / 'groundtruth.txt'} must hold time x y z qx qy qz qw"
        raise FormatError(msg)
    rgb_times, photos = _timed_files(folder, "rgb.txt")
    depth_times, depths = _timed_files(folder, "depth.txt")
    chosen = []
    for i, time in enumerate(rgb_times):
        j = int(np.argmin(np.abs(depth_times - time)))
        k = int(np.argmin(np.abs(pose_times - time)))
        if max(abs(depth_times[j] - time), abs(pose_times[k] - time)) < _MAX_TIME_GAP:
            chosen.append((i, j, k))
    matrix = _intrinsics(folder)
    if matrix is None:
        values = next((v for k, v in _TUM_CAMERAS.items() if k in str(folder.resolve())), None)
        matrix = pinhole(values or PRIMESENSE)
    left_out = len(rgb_times) - len(chosen)
    notes = (f"{left_out} photos have no depth or pose within 0.08 s.",) if left_out else ()
    return Listing(
        [photos[i] for i, _, _ in chosen],
        [depths[j] for _, j, _ in chosen],
        poses[[k for _, _, k in chosen]],
        matrix,
        _TUM_UNIT,
        notes=notes,
    )


def list_replica(folder: Path) -> Listing | None:
    """List Replica as rendered for iMAP and NICE-SLAM: results, ``traj.txt``, cam_params.json."""
    results, trajectory = folder / "results", folder / "traj.txt"
    parameters = first_existing(folder, ("cam_params.json", "../cam_params.json"))
    if not results.is_dir() or not trajectory.is_file() or parameters is None:
        return None
    poses, _ = read_poses(trajectory)
    camera = item(read_json(parameters), "camera", dict, str(parameters))
    fx, fy, cx, cy, scale = (
        number(camera, k, f"camera of {parameters}") for k in ("fx", "fy", "cx", "cy", "scale")
    )
    photos = sorted(results.glob("frame*.jpg"), key=natural_key)
    depths = sorted(results.glob("depth*.png"), key=natural_key)
    matrix = pinhole((fx, fy, cx, cy))
    require_camera(matrix, str(parameters))
    if not _MIN_SCALE < scale < 1 / _MIN_SCALE:
        msg = f"'scale' of {parameters} is {scale:g}: expected steps of depth a metre, as 6553.5"
        raise FormatError(msg)
    return Listing(photos, depths, poses[: len(photos)], matrix, 1 / scale)


def list_hololens(folder: Path) -> Listing | None:
    """List HoloLens captures: images, depth, ``K.txt`` and a line of 16 numbers a picture."""
    poses_path = first_existing(folder, ("poses_all.txt", "poses.txt"))
    needed = (folder / "images").is_dir() and (folder / "depth").is_dir()
    if poses_path is None or not needed or not (folder / "K.txt").is_file():
        return None
    poses, _ = read_poses(poses_path)
    photos = list_files(folder / "images", PHOTO_SUFFIXES)
    names_path = first_existing(folder, ("all_images.txt", "images.txt"))
    if names_path is not None:
        lines = _text(names_path).split("\n")
        positions = {Path(line.strip()).stem: i for i, line in enumerate(lines) if line.strip()}
        known = [p for p in photos if positions.get(p.stem, len(poses)) < len(poses)]
        poses = poses[[positions[p.stem] for p in known]]
        photos = known
    depths = [_named(folder / "depth", p.stem, DEPTH_SUFFIXES) for p in photos]
    return Listing(photos, depths, poses, _intrinsics(folder))


def _sibling(stem: Path, endings: tuple[str, ...]) -> Path:
    for ending in endings:
        path = stem.with_name(stem.name + ending)
        if path.is_file():
            return path
    msg = f"{stem}.pose.txt has no {stem.name}{endings[0]} beside it: copy the whole folder"
    raise FormatError(msg)


def _named(folder: Path, stem: str, suffixes: tuple[str, ...]) -> Path:
    path = first_existing(folder, tuple(f"{stem}{s}" for s in suffixes))
    if path is None:
        msg = f"{folder} has no picture named {stem!r}: copy the whole folder"
        raise FormatError(msg)
    return path


def _timed_files(folder: Path, name: str) -> tuple[FloatArray, list[Path]]:
    """Return the times and files of a list whose lines hold a time and a name."""
    times, paths = [], []
    for line in _text(folder / name).splitlines():
        words = line.split("#", 1)[0].split()
        if len(words) < 2:
            continue
        try:
            times.append(float(words[0]))
        except ValueError as error:
            msg = f"{folder / name} must hold a time and a file name a line, found {line[:60]!r}"
            raise FormatError(msg) from error
        paths.append(inside(folder, words[1], folder / name))
    if not times:
        msg = f"{folder / name} lists no files"
        raise FormatError(msg)
    return np.array(times), paths


def _text(path: Path) -> str:
    return read_file(path, factor=_BYTES_PER_CHARACTER).decode("utf-8", errors="replace")


LAYOUTS: dict[str, tuple[str, Callable[[Path], Listing | None]]] = {
    "7scenes": ("7-Scenes, SUN3D or 3DMatch", list_frames),
    "tum": ("TUM RGB-D", list_tum),
    "redwood": ("Redwood or Open3D trajectory.log", list_redwood),
    "replica": ("Replica", list_replica),
    "hololens": ("HoloLens list", list_hololens),
    "scannet": ("ScanNet folders", list_scannet),
}
"""By the name that forces it: title, and the function that lists a folder laid out so."""
