"""Photos and depths of several sizes in the stacks of a scene that this program wrote."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import RgbArray
from o3d_paint.core.scene import ArrayPhoto
from o3d_paint.errors import FormatError
from o3d_paint.io.importers.own_keys import OwnKeys

__all__ = ["OwnSizes"]

_Scalar = TypeVar("_Scalar", bound=np.generic)
_Shape = tuple[int, ...]


class OwnSizes:
    """What each photo takes of its stacks: all of them, unless the file says otherwise."""

    def __init__(
        self, own: OwnKeys, path: Path, *, photos: _Shape | None, maps: _Shape | None
    ) -> None:
        """Check what the file says against its stacks.

        Args:
            own: What it says.
            path: The file, for messages.
            photos: (F, H, W, 3) of the stack of photos; None without one.
            maps: (F, h, w) of the stack of depths; None without one.

        Raises:
            FormatError: A size is larger than its stack, or they are of another number of photos.
        """
        self._photos, self._maps = own.photo_sizes, own.map_sizes
        self._turns = own.other_turns
        self._whole = None if photos is None else photos[1:3]
        self._whole_map = self._whole if maps is None else maps[1:3]
        stacks = (("photo_sizes", self._photos, photos), ("map_sizes", self._maps, maps))
        for key, sizes, shape in stacks:
            if sizes is None or shape is None:
                continue
            if len(sizes) != shape[0] or (sizes.max(axis=0) > shape[1:3]).any():
                msg = f"{path}: {key!r} does not fit arrays of {shape}: convert the scene again"
                raise FormatError(msg)
        count = None if photos is None else photos[0]
        if self._turns is not None and count is not None and len(self._turns) != count:
            msg = f"{path}: 'other_turns' has {len(self._turns)} values, expected {count}"
            raise FormatError(msg)

    def of_photo(self, position: int) -> tuple[int, int]:
        """Return lines and columns of a photo in the file."""
        assert self._whole is not None
        size = self._whole if self._photos is None else self._photos[position]
        return int(size[0]), int(size[1])

    def of_camera(self, position: int) -> tuple[int, int]:
        """Return the size at which its intrinsics stand: of its depth, or of the photo."""
        if self._maps is not None and self._maps[position].all():
            return int(self._maps[position][0]), int(self._maps[position][1])
        if self._photos is not None:
            return self.of_photo(position)
        assert self._whole_map is not None
        return int(self._whole_map[0]), int(self._whole_map[1])

    def groups(self, count: int) -> list[list[int]]:
        """Return the positions of photos that have the same sizes."""
        if self._photos is None or self._maps is None:
            return [list(range(count))]
        groups: dict[tuple[int, ...], list[int]] = {}
        for i in range(count):
            groups.setdefault((*self._photos[i].tolist(), *self._maps[i].tolist()), []).append(i)
        return list(groups.values())

    def photo(self, images: RgbArray, position: int) -> ArrayPhoto:
        """Return a photo of the (F, H, W, 3) stack."""
        h, w = self.of_photo(position)
        turn = 1 if self._turns is None else int(self._turns[position])
        return ArrayPhoto(np.ascontiguousarray(images[position, :h, :w]), turn)

    def map(
        self, values: npt.NDArray[_Scalar] | None, position: int
    ) -> npt.NDArray[_Scalar] | None:
        """Return a map of the (F, h, w) stack; None where there is no stack."""
        if values is None:
            return None
        h, w = values.shape[1:3] if self._maps is None else self._maps[position]
        part: npt.NDArray[_Scalar] = np.ascontiguousarray(values[position, :h, :w])
        return part
