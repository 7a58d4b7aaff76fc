"""Pictures of more than eight bits: their range of values becomes black to white, none is clipped.

Thermal cameras, machine vision and X-ray use a part of sixteen bits, networks and renderers floats.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["Levels", "eight_bit", "levels_of"]

Values = npt.NDArray[np.generic]

# One value in a thousand may be a dead or a hot pixel.
_DEAD, _HOT = 0.1, 99.9
_SAMPLE = 2_000_000
_FULL_RANGES = (255, 1023, 4095, 16_383, 65_535, 2**32 - 1)
_UNIT_SLACK = 1e-3
# Pictures that use less of their full range are too dark or too flat to paint on as they are.
_LEAST_USED = 0.25


@dataclass(frozen=True, slots=True)
class Levels:
    """What pictures use of their range.

    Attributes:
        low: Value that all but dead pixels exceed.
        high: Value that all but hot pixels stay below.
        most: Largest value of all.
        is_whole: Whether values are whole numbers.
    """

    low: float
    high: float
    most: float
    is_whole: bool

    def joined(self, other: Levels) -> Levels:
        """Return what two pictures use together."""
        return Levels(
            min(self.low, other.low),
            max(self.high, other.high),
            max(self.most, other.most),
            self.is_whole and other.is_whole,
        )

    @property
    def black_and_white(self) -> tuple[float, float]:
        """The values that become 0 and 255.

        The full range of the smallest number of bits that holds all values, or 0 to 1, 0 to 255
        and -1 to 1 of floats, where pictures use a quarter of it; else what they use.
        """
        for black, white in self._full_ranges():
            fits = black - _UNIT_SLACK <= self.low and self.most <= white + _UNIT_SLACK
            if fits and self.high - self.low >= _LEAST_USED * (white - black):
                return black, white
            if fits and self.is_whole:
                break
        if self.high > self.low:
            return self.low, self.high
        return (0.0, self.high) if self.high > 0 else (self.low, self.low + 1)

    def _full_ranges(self) -> list[tuple[float, float]]:
        if self.is_whole:
            return [(0.0, float(full)) for full in _FULL_RANGES]
        return [(0.0, 1.0), (-1.0, 1.0), (0.0, 255.0)]


def levels_of(values: Values) -> Levels:
    """Return what a picture uses of its range; all 0 where no value is finite."""
    step = max(1, int(np.sqrt(values.size / _SAMPLE)))
    known = values[::step, ::step].astype(np.float64)
    known = known[np.isfinite(known)]
    if not known.size:
        return Levels(0, 0, 0, is_whole=True)
    low, high = np.percentile(known, [_DEAD, _HOT])
    return Levels(float(low), float(high), float(known.max()), values.dtype.kind in "iub")


def eight_bit(values: Values, levels: Levels) -> npt.NDArray[np.uint8]:
    """Return values as 0 to 255; what is not finite is black."""
    black, white = levels.black_and_white
    with np.errstate(invalid="ignore", over="ignore"):
        scaled = (values.astype(np.float64) - black) * (255 / (white - black))
    whole = np.rint(np.nan_to_num(scaled, nan=0, posinf=255, neginf=0))
    return np.clip(whole, 0, 255).astype(np.uint8)
