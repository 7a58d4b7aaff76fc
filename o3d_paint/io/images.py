"""Pictures on disk: photos, and the only place that knows their order of channels."""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

from o3d_paint.core.arrays import RgbArray
from o3d_paint.errors import FormatError
from o3d_paint.io.files import is_link, require_file
from o3d_paint.io.memory import require_memory

__all__ = [
    "PHOTO_SUFFIXES",
    "FilePhoto",
    "list_files",
    "natural_key",
    "open_image",
    "photo_at",
    "photos_at",
    "pixels_of",
]

_FORMATS = ("PNG", "JPEG", "WEBP", "TIFF", "BMP", "PPM", "GIF")
"""What is decoded. Pillow knows others that it leaves to other programs, as EPS to Ghostscript."""
PHOTO_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff", ".bmp", ".ppm")
_MAX_PIXELS = 300_000_000
MAX_SIDE = 1_000_000
"""Columns or lines beyond which no camera goes; files that say more are damaged."""
_ORIENTATION_TAG = 0x0112
# Pillow keeps colours in four bytes, converts them into four, and the array has three.
_BYTES_PER_PIXEL = 12
MAX_ASPECT = 1.06
"""Largest ratio of two pictures' aspects that still show the same: estimators round sizes to 14."""


@dataclass(frozen=True, slots=True)
class FilePhoto:
    """A photo that is decoded when it is asked for.

    Attributes:
        path: The file.
        height: Lines, after turning.
        width: Columns, after turning.
        turned: Whether the camera's note on orientation is followed.
    """

    path: Path
    height: int
    width: int
    turned: bool

    def pixels(self) -> RgbArray:
        """Return the (H, W, 3) sRGB picture.

        Raises:
            FormatError: The file has changed or gone since the scene was opened.
        """
        with open_image(self.path) as image:
            picture = ImageOps.exif_transpose(image) if self.turned else image
            pixels = np.asarray(_decoded(picture, self.path).convert("RGB"))
        if pixels.shape[:2] != (self.height, self.width):
            msg = f"{self.path} has changed its size since the scene was opened: open it again"
            raise FormatError(msg)
        return pixels


def open_image(path: Path, file: BinaryIO | None = None) -> Image.Image:
    """Open a picture and check its size, without decoding it.

    Args:
        path: The file; its name in messages.
        file: Its bytes, where it lies inside an archive.

    Raises:
        FormatError: It is not there, no picture, absurdly large, or no plain file.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            source = file if file is not None else require_file(path)
            image = Image.open(source, formats=_FORMATS)
    except FormatError:
        raise
    except Image.DecompressionBombError as error:
        msg = f"{path} declares more pixels than any photo has: it is not opened"
        raise FormatError(msg) from error
    except Exception as error:
        # Pillow's many readers raise whatever the bytes make them stumble over.
        msg = f"{path} is not a picture that can be read: use PNG or JPEG"
        raise FormatError(msg) from error
    if image.width * image.height > _MAX_PIXELS:
        image.close()
        msg = (
            f"{path} declares {image.width}x{image.height} pixels, more than {_MAX_PIXELS:,}:"
            " it is not opened"
        )
        raise FormatError(msg)
    return image


def pixels_of(
    image: Image.Image, path: Path, *, mode: str | None = None
) -> npt.NDArray[np.generic]:
    """Return the pixels of an open picture, in its own mode or converted to another.

    Raises:
        FormatError: The file is cut off or damaged.
        SceneError: It would not fit into memory.
    """
    decoded = _decoded(image, path)
    return np.asarray(decoded if mode is None else decoded.convert(mode))


def photo_at(path: Path) -> FilePhoto:
    """Return a photo as its pixels lie in the file, whatever the camera noted on orientation.

    Raises:
        FormatError: It is no picture that can be read.
    """
    with open_image(path) as image:
        return FilePhoto(path, image.height, image.width, turned=False)


def list_files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Return the visible files of a folder with one of the endings, in the order that people mean.

    Raises:
        FormatError: It is no folder that can be read, or a link in it leads elsewhere.
    """
    try:
        found = [p for p in folder.iterdir() if p.suffix.lower() in suffixes and p.is_file()]
    except OSError as error:
        msg = f"{folder} is not a folder that can be read: check the name"
        raise FormatError(msg) from error
    shown = [p for p in found if not p.name.startswith(".")]
    for link in filter(is_link, shown):
        require_file(link)
    return sorted(shown, key=natural_key)


def natural_key(path: Path) -> list[tuple[int, int, str]]:
    """Return a sort key by which ``img2`` comes before ``img10``."""
    parts = re.split(r"([0-9]+)", path.name.casefold())
    return [(0, int(p), "") if p.isascii() and p.isdigit() else (1, 0, p) for p in parts]


def photos_at(path: Path) -> list[FilePhoto]:
    """Return a photo as the camera noted that it was held and, where that differs, as it lies.

    Raises:
        FormatError: It is no picture that can be read.
    """
    with open_image(path) as image:
        width, height = image.size
        orientation = _orientation(image)
    plain = FilePhoto(path, height, width, turned=False)
    if orientation not in range(2, 9):
        return [plain]
    if orientation >= 5:
        height, width = width, height
    return [FilePhoto(path, height, width, turned=True), plain]


def _orientation(image: Image.Image) -> int:
    """Return how the camera was turned, 1 where it does not say."""
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:
        # A broken note on orientation is no reason to refuse a photo.
        return 1


def _decoded(image: Image.Image, path: Path) -> Image.Image:
    """Decode a picture now, so that errors show here."""
    require_memory(str(path), image.width * image.height * _BYTES_PER_PIXEL)
    try:
        image.load()
    except Exception as error:
        msg = f"{path} is cut off or damaged: copy it again"
        raise FormatError(msg) from error
    return image
