"""Photos and thumbnails, decoded off the UI thread and kept while they are likely to be needed."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable

import cv2
import numpy as np

from o3d_paint.core.arrays import RgbArray
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.core.views.overlay import PhotoPyramid
from o3d_paint.project.jobs import Jobs, Report

__all__ = ["PhotoLoader"]

_KEPT_PHOTOS = 6
_THUMBNAIL_HEIGHT = 128


class PhotoLoader:
    """Pictures of one scene.

    Args:
        scene: Whose photos.
        worker: Decodes them.
        photo_ready: Told of each photo that can be shown.
        thumbnail_ready: Told of each thumbnail.
        failed: Told of errors.
    """

    def __init__(
        self,
        scene: Scene,
        worker: Jobs,
        *,
        photo_ready: Callable[[int, PhotoPyramid], None],
        thumbnail_ready: Callable[[int], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._scene = scene
        self._worker = worker
        self._photo_ready = photo_ready
        self._thumbnail_ready = thumbnail_ready
        self._failed = failed
        self._photos: OrderedDict[int, PhotoPyramid] = OrderedDict()
        self.thumbnails: dict[int, RgbArray] = {}
        self._asked: set[int] = set()
        self._wanted: int | None = None
        self._likely: int | None = None

    def photo(self, frame_idx: int) -> PhotoPyramid | None:
        """Return a photo if it is there; else have it decoded before all others."""
        found = self._photos.get(frame_idx)
        if found is not None:
            self._photos.move_to_end(frame_idx)
            return found
        self._wanted = frame_idx
        self._decode(frame_idx)
        return None

    def prefetch(self, frame_idx: int) -> None:
        """Decode a photo that may be opened next; the one that was likely before is given up."""
        if self._likely not in (None, self._wanted, frame_idx):
            self._worker.cancel(("photo", self._likely))
        self._likely = frame_idx
        if frame_idx not in self._photos:
            self._decode(frame_idx)

    def _decode(self, frame_idx: int) -> None:
        if self._worker.is_running(("photo", frame_idx)):
            return
        frame = self._scene.frames[frame_idx]

        def work(_report: Report) -> PhotoPyramid:
            return PhotoPyramid.of(frame.photo.pixels(), frame.mask_shape)

        def done(photo: PhotoPyramid) -> None:
            self._photos[frame_idx] = photo
            while len(self._photos) > _KEPT_PHOTOS:
                self._photos.popitem(last=False)
            if frame_idx == self._wanted:
                self._photo_ready(frame_idx, photo)

        def failed(error: Exception) -> None:
            # Of a photo that was only likely it is told when it is opened.
            if frame_idx == self._wanted:
                self._failed(error)

        self._worker.submit(("photo", frame_idx), work, done=done, failed=failed, urgent=True)

    def want_thumbnails(self, frame_idxs: Iterable[int]) -> None:
        """Decode thumbnails that are not there yet."""
        for frame_idx in frame_idxs:
            if frame_idx not in self._asked:
                self._asked.add(frame_idx)
                self._ask_thumbnail(frame_idx)

    def _ask_thumbnail(self, frame_idx: int) -> None:
        frame = self._scene.frames[frame_idx]

        def done(picture: RgbArray) -> None:
            self.thumbnails[frame_idx] = picture
            self._thumbnail_ready(frame_idx)

        self._worker.submit(
            ("thumbnail", frame_idx), lambda _: _thumbnail(frame), done=done, failed=self._failed
        )


def _thumbnail(frame: Frame) -> RgbArray:
    pixels = frame.photo.pixels()
    height, width = pixels.shape[:2]
    size = (max(1, round(width * _THUMBNAIL_HEIGHT / height)), _THUMBNAIL_HEIGHT)
    small: RgbArray = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(small)
