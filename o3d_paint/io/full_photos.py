"""Photos at full resolution for files that hold the small pictures an estimator looked at.

Where the file has these pictures, the part of each photo that they show is found by comparing;
where it has none, sizes must tell. Photos stay on disk until they are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from o3d_paint.core.arrays import FloatArray, RgbArray
from o3d_paint.core.scene import ArrayPhoto, Photo
from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.images import PHOTO_SUFFIXES, FilePhoto, list_files, photos_at
from o3d_paint.io.windows import CroppedPhoto, Window, likely_windows, shown, without_looking

__all__ = ["full_photos", "photo_name"]

_COMPARED = 12
_SHOWN = 3
_SAME = 0.6
_CLEARLY = 0.1
_BLUR = (5, 5)
_TINY = 32
_Kind = tuple[int, int]
"""Which way the photo is held, and which of its windows."""


@dataclass(frozen=True, slots=True)
class _View:
    """A photo, seen through a window."""

    photo: FilePhoto
    window: Window


def full_photos(
    folder: Path,
    size: tuple[int, int],
    *,
    count: int,
    pictures: RgbArray | None,
    source: Path,
    names: Sequence[str] = (),
    left_out: dict[int, str] | None = None,
) -> tuple[list[Photo], str]:
    """Return a scene's photos from a folder, cut to what its depth maps show.

    Args:
        folder: Where the photos lie.
        size: (h, w) of the depth maps.
        count: Photos of the scene.
        pictures: (F, h, w, 3) what the estimator looked at; None where the file does not have it.
        source: The scene's file, for messages.
        names: Of the photos without ending, where the file knows them.
        left_out: Gets what is wrong with single photos, by position, if they are not all wrong;
            a picture of the file takes the place of one where there is any, and nothing is left
            out. None refuses them all for one.

    Returns:
        The photos, and what was found as a sentence.

    Raises:
        SceneError: Count, names, shape or content do not match.
        FormatError: A picture cannot be read.
    """
    paths = _paths(folder, count, names, source)
    errors: dict[int, PaintError] = {}
    views: dict[int, _View] = {}
    options: dict[int, list[FilePhoto]] = {}
    for i, path in enumerate(paths):
        try:
            options[i] = photos_at(path)
            if pictures is None:
                views[i] = _by_size(options[i], size, source)
        except (FormatError, SceneError) as error:
            errors[i] = error
    if pictures is not None:
        views = _views_like(options, pictures, errors, source=source)
    if errors and (left_out is None or not views):
        raise errors[min(errors)]
    photos: list[Photo] = []
    for i in range(len(paths)):
        if i in views:
            photos.append(_cut(views[i]))
        elif pictures is not None:
            photos.append(ArrayPhoto(pictures[i]))
        else:
            photos.append(ArrayPhoto(np.zeros((*size, 3), dtype=np.uint8)))
    finding = _finding(folder, list(views.values()), size, looked=pictures is not None)
    if errors and pictures is not None:
        reasons = "; ".join(str(e) for e in list(errors.values())[:_SHOWN])
        finding += f" The file's own pictures stand for {len(errors)} others: {reasons}."
    elif left_out is not None:
        left_out |= {i: str(error) for i, error in errors.items()}
    return photos, finding


def _views_like(
    options: dict[int, list[FilePhoto]],
    pictures: RgbArray,
    errors: dict[int, PaintError],
    *,
    source: Path,
) -> dict[int, _View]:
    """Return the views by which photos look like their pictures; damaged ones become errors."""
    views: dict[int, _View] = {}
    for group in _groups(options):
        kind = _found_kind(options, group, pictures, errors, source=source)
        if kind is not None:
            views |= {i: _view(options[i], pictures[i], kind) for i in group if i not in errors}
    return views


def photo_name(photo: Photo, frame_idx: int) -> str:
    """Return the name of a photo's file, or its position as three digits."""
    source = photo.source if isinstance(photo, CroppedPhoto) else photo
    path = getattr(source, "path", None)
    return str(path.stem) if isinstance(path, Path) else f"{frame_idx:03d}"


def _paths(folder: Path, count: int, names: Sequence[str], source: Path) -> list[Path]:
    """Return the photos of a folder, by name where the scene knows names, else in order."""
    paths = list_files(folder, PHOTO_SUFFIXES)
    by_stem = {p.stem: p for p in paths}
    if names and all(n in by_stem for n in names):
        return [by_stem[n] for n in names]
    if len(paths) != count:
        first = f" ({paths[0].name} to {paths[-1].name})" if paths else ""
        msg = (
            f"{folder} holds {len(paths)} photos{first} but {source} has {count} depth maps: give"
            " the folder with exactly the photos that were used"
        )
        raise SceneError(msg)
    return paths


def _by_size(options: list[FilePhoto], size: tuple[int, int], source: Path) -> _View:
    """Return the view that sizes alone tell."""
    for photo in options:
        window = without_looking((photo.height, photo.width), size)
        if window is not None:
            return _View(photo, window)
    photo = options[-1]
    msg = (
        f"{photo.path} has {photo.width}x{photo.height} pixels, but its depth map in {source} has"
        f" {size[1]}x{size[0]}, another shape: give the photos as they were handed to the estimator"
    )
    if without_looking((photo.width, photo.height), size) is not None:
        msg += " (turned by a quarter it would fit)"
    raise SceneError(msg)


def _groups(options: dict[int, list[FilePhoto]]) -> list[list[int]]:
    """Return the positions of photos of the same size, which were treated alike."""
    groups: dict[tuple[tuple[int, int], ...], list[int]] = {}
    for i, photos in options.items():
        groups.setdefault(tuple((p.height, p.width) for p in photos), []).append(i)
    return list(groups.values())


def _found_kind(
    options: dict[int, list[FilePhoto]],
    group: list[int],
    pictures: RgbArray,
    errors: dict[int, PaintError],
    *,
    source: Path,
) -> _Kind | None:
    """Return the window through which photos of one size look most like their pictures.

    None where not one of them can be decoded.

    Raises:
        SceneError: A photo looks unlike its picture.
    """
    chosen = group[:: -(-len(group) // _COMPARED)]
    likeness: dict[_Kind, list[float]] = {}
    for i in chosen:
        for number, photo in enumerate(options[i]):
            try:
                pixels = photo.pixels()
            except FormatError as error:
                errors[i] = error
                break
            for kind, window in enumerate(_windows(photo, pictures[i])):
                value = _likeness(shown(pixels, window, _size(pictures[i])), pictures[i])
                likeness.setdefault((number, kind), []).append(value)
    if not likeness:
        return None
    best = max(likeness, key=lambda k: float(np.mean(likeness[k])))
    sound = [i for i in chosen if i not in errors]
    for i, value in zip(sound, likeness[best], strict=True):
        if value < _SAME:
            raise _unlike(options[i], i, pictures, kind=best, value=value, source=source)
    return best


def _size(picture: RgbArray) -> tuple[int, int]:
    return int(picture.shape[0]), int(picture.shape[1])


def _windows(photo: FilePhoto, picture: RgbArray) -> list[Window]:
    return likely_windows((photo.height, photo.width), _size(picture))


def _view(options: list[FilePhoto], picture: RgbArray, kind: _Kind) -> _View:
    photo = options[kind[0]]
    return _View(photo, _windows(photo, picture)[kind[1]])


def _unlike(
    options: list[FilePhoto],
    i: int,
    pictures: RgbArray,
    *,
    kind: _Kind,
    value: float,
    source: Path,
) -> SceneError:
    """Return the sentence about a photo that is not what the estimator saw."""
    view = _view(options, pictures[i], kind)
    seen = shown(view.photo.pixels(), view.window, _size(pictures[i]))
    others = [_likeness(seen, p) for p in pictures]
    other = int(np.argmax(others))
    hint = "give the folder with exactly the photos that were used"
    if others[other] > max(_SAME, value + _CLEARLY):
        hint = f"it looks like picture {other}, so rename the photos in the order that was used"
    return SceneError(
        f"{view.photo.path} does not look like picture {i} of {source} (correlation {value:.2f}):"
        f" {hint}"
    )


def _likeness(a: RgbArray, b: RgbArray) -> float:
    """Return the correlation of two pictures' brightness, -1 to 1."""
    x, y = _brightness(a), _brightness(b)
    scale = float(np.sqrt((x * x).sum() * (y * y).sum()))
    return float((x * y).sum()) / scale if scale > 0 else 1.0


def _brightness(picture: RgbArray) -> FloatArray:
    gray = cv2.cvtColor(np.ascontiguousarray(picture), cv2.COLOR_RGB2GRAY).astype(np.float64)
    if min(gray.shape) >= _TINY:
        # Estimators shrink with other filters; fine grain says nothing about the window.
        gray = cv2.GaussianBlur(gray, _BLUR, 0)
    centred: FloatArray = gray - gray.mean()
    return centred


def _cut(view: _View) -> Photo:
    """Return a photo, or the part of it that was seen."""
    rect = view.window.rect
    if rect == (0, 0, view.photo.width, view.photo.height):
        return view.photo
    return CroppedPhoto(view.photo, rect)


def _finding(folder: Path, views: list[_View], size: tuple[int, int], *, looked: bool) -> str:
    """Return what was found, as a sentence."""
    sizes = sorted({(v.photo.width, v.photo.height) for v in views})
    listed = ", ".join(f"{w}x{h}" for w, h in sizes[:3]) + (" …" if len(sizes) > 3 else "")
    ways = list(dict.fromkeys(v.window.how for v in views))
    how = "; ".join(ways[:3]) + (" …" if len(ways) > 3 else "")
    known = "the pictures in the file show" if looked else "the sizes tell"
    plural = "photos" if len(views) > 1 else "photo"
    saw = f"the estimator saw {'them' if len(views) > 1 else 'it'} {how}, as {known}"
    if sizes == [size[::-1]]:
        saw = "the size of the depth maps"
    return f"{len(views)} {plural} of {listed} pixels from {folder}: {saw}."
