"""What every reader of clouds returns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IdArray, RgbArray
from o3d_paint.errors import FormatError

__all__ = ["LONGEST_MARK", "CloudFile", "names_from"]

_NO_COLORS = {0: "black", 255: "white"}
LONGEST_MARK = 4096
"""Bytes at the start that tell a format; PCD may begin with lines of comment."""


@dataclass(frozen=True, slots=True, eq=False)
class CloudFile:
    """A cloud as a file has it: a row for every point of the file, in its order.

    Attributes:
        xyz: (N, 3) float64 coordinates; not finite in rows whose point is nowhere, as organised
            clouds of depth cameras have them.
        rgb: (N, 3) uint8 sRGB, or None where the file has no colours.
        labels: (N,) uint16 class ids, or None where it has none.
        names: Class names by id, where the file has them.
        notes: What was assumed or left out, one sentence each.
        others: What the file holds besides, by its own names.
        confidence: (N,) float32 0 to 1 of the labels, as this program writes it; None without.
        kind: Its format, as `read_cloud` names it.
        columns: Names of the columns of a text, in turn.
        label_column: Name of the column that labels were read from; None without.
    """

    xyz: FloatArray
    rgb: RgbArray | None = None
    labels: IdArray | None = None
    names: Mapping[int, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    confidence: FloatArray | None = None
    kind: str = ""
    columns: tuple[str, ...] = ()
    label_column: str | None = None

    def checked(self, path: Path) -> CloudFile:
        """Return the cloud, once it has a point somewhere, without colours that are none.

        Raises:
            FormatError: It has none.
        """
        somewhere = np.isfinite(self.xyz).all(axis=1)
        if not somewhere.any():
            msg = f"{path} has no points with finite coordinates: export it again"
            raise FormatError(msg)
        if self.rgb is None:
            return self
        for value, name in _NO_COLORS.items():
            # Scanners and programs that know no colours write these for every point.
            if (self.rgb[somewhere] == value).all():
                note = f"Its colours are {name} everywhere and do not count."
                return replace(self, rgb=None, notes=(*self.notes, note))
        return self

    def somewhere(self) -> CloudFile:
        """Return the cloud without the rows whose point is nowhere."""
        finite = np.isfinite(self.xyz).all(axis=1)
        if finite.all():
            return self
        return replace(
            self,
            xyz=self.xyz[finite],
            rgb=None if self.rgb is None else self.rgb[finite],
            labels=None if self.labels is None else self.labels[finite],
            confidence=None if self.confidence is None else self.confidence[finite],
        )

    def with_colors(self, rgb: RgbArray) -> CloudFile:
        """Return the cloud with (N, 3) uint8 colours."""
        return replace(self, rgb=rgb)

    def with_others(self, others: Iterable[str]) -> CloudFile:
        """Return the cloud with more that the file holds besides."""
        return replace(self, others=(*self.others, *others))

    def with_notes(self, *notes: str) -> CloudFile:
        """Return the cloud with more to say about it."""
        return replace(self, notes=(*self.notes, *notes))


def names_from(value: npt.NDArray[np.generic]) -> dict[int, str]:
    """Return class names from the JSON class list that this program writes beside labels.

    What is no such list gives no names: the labels count without.
    """
    try:
        entries = json.loads(str(value))["classes"]
        return {int(c["id"]): str(c["name"]) for c in entries}
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError):
        return {}
