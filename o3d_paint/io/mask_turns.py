"""Which way up masks were drawn: on photos as they lie in their files, or as EXIF turns them.

Tools that annotate show photos upright; a camera of COLMAP belongs to the pixels as they lie. The
shape of a mask tells where that is not square; else the edges of the photos do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np

from o3d_paint.core.arrays import FloatArray, IdArray
from o3d_paint.core.edge_agreement import edge_agreement, edge_ranks
from o3d_paint.core.scene import Frame, Scene
from o3d_paint.errors import PaintError, SceneError
from o3d_paint.io.images import MAX_ASPECT
from o3d_paint.io.mask_formats.mask_set import Coverage, PhotoMask
from o3d_paint.io.orientation import AS_IT_LIES, is_quarter, other_turn, turn_name, turned

__all__ = ["TURNS", "MaskTurner"]

TURNS: dict[str, int | None] = {"none": AS_IT_LIES, "exif": None, "90": 6, "180": 3, "270": 8}
"""What a user can say of all masks, and the EXIF code of it: degrees are clockwise."""

_Kind = Literal["exif", "shape"]
_LOOKED_AT = 8
# On two labelled captures the right reading of exact masks leads by 0.1 to 0.3, of sloppy strokes
# by 0.02 to 0.1; the wrong one never by more than a standard error.
_CLEAR = 0.03
_ERRORS = 3.0
# Standard deviation of the difference of two mean ranks, and how many pixels of a border stand for
# one that is independent of its neighbours.
_RANK_DEVIATION = 0.41
_PIXELS_PER_SAMPLE = 10


@dataclass(slots=True)
class _Evidence:
    """By how much edges favour the first of two readings, photo by photo."""

    leads: list[float] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)

    def verdict(self) -> int | None:
        """Return which reading the edges favour, 0 or 1; None where they do not tell."""
        total = sum(self.lengths)
        if not total:
            return None
        leads, lengths = np.array(self.leads), np.array(self.lengths)
        lead = float(np.average(leads, weights=lengths))
        error = _RANK_DEVIATION / np.sqrt(max(1.0, total / _PIXELS_PER_SAMPLE))
        if len(leads) > 1:
            error = max(error, float(np.std(leads)) / np.sqrt(len(leads)))
        if abs(lead) < max(_CLEAR, _ERRORS * error):
            return None
        return 0 if lead > 0 else 1


class MaskTurner:
    """Lays the masks of a scene the way its photos lie, and says what it turned.

    Attributes:
        masks: The same masks; what they read lies as their photo does.
    """

    def __init__(
        self,
        source: Path,
        masks: Sequence[PhotoMask],
        matched: Mapping[int, list[int]],
        scene: Scene,
    ) -> None:
        """Take masks; none is decoded yet.

        Args:
            source: Of the masks, for messages.
            masks: As the file has them.
            matched: By position of the photo, the positions of its masks.
            scene: Whose photos; its ``turn_masks`` is what the user says.
        """
        self._source = source
        self._given = scene.turn_masks
        self._plain = masks
        self._frames = {p: scene.frames[i] for i, ps in matched.items() for p in ps}
        self._verdicts: dict[_Kind, int | None] = {}
        self._ranks: dict[str, FloatArray | None] = {}
        self._turned: dict[tuple[int, str], list[str]] = {}
        self._as_they_lie: list[str] = []
        self.masks = tuple(self._laid(p, m) for p, m in enumerate(masks))

    def notes(self) -> list[str]:
        """Return what was turned so far, a sentence for each turn and reason."""
        notes = []
        for (code, reason), names in self._turned.items():
            count = "1 mask was" if len(names) == 1 else f"{len(names)} masks were"
            notes.append(f"{count} {turn_name(code)} onto the photos, {reason}: {names[0]}.")
        if self._as_they_lie:
            lie = len(self._as_they_lie)
            notes.append(
                f"{'1 mask lies' if lie == 1 else f'{lie} masks lie'} as the photos' pixels do,"
                " not as their EXIF orientation shows them, by the photos' edges"
                f" ({self._as_they_lie[0]}); --turn-masks exif says otherwise."
            )
        return notes

    def _laid(self, position: int, mask: PhotoMask) -> PhotoMask:
        if position not in self._frames:
            return mask
        regions = None if mask.read_regions is None else partial(self._regions, position)
        return replace(mask, read=partial(self._read, position), read_regions=regions)

    def _read(self, position: int) -> IdArray:
        ids = self._plain[position].read()
        return np.ascontiguousarray(turned(ids, self._code(position, ids)))

    def _regions(self, position: int) -> Iterable[Coverage]:
        read = self._plain[position].read_regions
        assert read is not None
        code: int | None = None
        for coverage in read():
            if code is None:
                code = self._code(position, coverage.astype(np.uint16))
            yield np.ascontiguousarray(turned(coverage.view(np.uint8), code))

    def _code(self, position: int, ids: IdArray) -> int:
        """Return the turn of a mask, and take note of it.

        Raises:
            SceneError: It could be meant in two ways, and nothing tells.
        """
        frame = self._frames[position]
        codes = self._readings(frame, ids)
        kind: _Kind = "exif" if other_turn(frame.photo) != AS_IT_LIES else "shape"
        name = f"{self._plain[position].photo!r} on photo {frame.name!r}"
        if self._given is not None:
            reason = f"as --turn-masks {self._given} says"
        elif len(codes) == 1:
            reason = "as their EXIF orientation says" if kind == "exif" else ""
        else:
            codes = [self._decided(kind, position, codes, ids)]
            asks = "EXIF orientation says" if kind == "exif" else "shape asks"
            reason = f"as their {asks} and the photos' edges show"
            if codes[0] == AS_IT_LIES:
                self._as_they_lie.append(name)
        if codes[0] != AS_IT_LIES:
            self._turned.setdefault((codes[0], reason), []).append(name)
        return codes[0]

    def _readings(self, frame: Frame, ids: IdArray) -> list[int]:
        """Return the turns by which a mask has the shape of its photo, as it lies first."""
        code = other_turn(frame.photo)
        if self._given is not None:
            return [TURNS[self._given] or code]
        shape, photo = ids.shape, (frame.photo.height, frame.photo.width)
        upright = photo[::-1] if is_quarter(code) else photo
        if upright != photo and shape in (photo, upright):
            return [AS_IT_LIES if shape == photo else code]
        lies, stands = _is_alike(shape, photo), _is_alike(shape[::-1], photo)
        readings = [AS_IT_LIES] if lies else []
        if code != AS_IT_LIES and (stands if is_quarter(code) else lies):
            readings.append(code)
        if not readings and stands:
            # Nobody says which way the photo was turned before the mask was drawn.
            return [6, 8]
        # Of no shape that fits: the check of shapes says so.
        return readings or [AS_IT_LIES]

    def _decided(self, kind: _Kind, position: int, codes: list[int], ids: IdArray) -> int:
        """Return the reading that edges favour: of this photo alone, or of all photos of a kind."""
        if kind == "exif" and np.array_equal(turned(ids, codes[0]), turned(ids, codes[1])):
            return codes[0]
        if kind == "shape":
            own = _Evidence()
            self._look(position, codes, ids, own)
            verdict = own.verdict()
            if verdict is not None:
                return codes[verdict]
        if kind not in self._verdicts:
            self._verdicts[kind] = self._evidence(kind).verdict()
        verdict = self._verdicts[kind]
        if verdict is None:
            raise self._unclear(kind, position, codes, ids)
        return codes[verdict]

    def _evidence(self, kind: _Kind) -> _Evidence:
        """Return what edges say of some masks that could be meant in two ways."""
        found = _Evidence()
        for position, ids, codes in self._ambiguous(kind):
            self._look(position, codes, ids, found)
            if len(found.leads) >= _LOOKED_AT:
                break
        return found

    def _ambiguous(self, kind: _Kind) -> Iterator[tuple[int, IdArray, list[int]]]:
        """Yield masks that could be meant in two ways, spread over the scene."""
        positions = [
            p
            for p, f in self._frames.items()
            if (other_turn(f.photo) != AS_IT_LIES) == (kind == "exif")
        ]
        step = max(1, len(positions) // _LOOKED_AT)
        for position in [*positions[::step], *positions]:
            try:
                ids = self._plain[position].read()
            except PaintError:
                # What is wrong with a mask is said where it is read for its own sake.
                continue
            codes = self._readings(self._frames[position], ids)
            if len(codes) == 2:
                yield position, ids, codes

    def _look(self, position: int, codes: list[int], ids: IdArray, found: _Evidence) -> None:
        """Add what the edges of one photo say of its mask."""
        frame = self._frames[position]
        if frame.name not in self._ranks:
            try:
                self._ranks[frame.name] = edge_ranks(frame.photo.pixels())
            except PaintError:
                self._ranks[frame.name] = None
        ranks = self._ranks[frame.name]
        if ranks is None:
            return
        (first, length), (second, other) = (edge_agreement(turned(ids, c), ranks) for c in codes)
        if min(length, other):
            found.leads.append(first - second)
            found.lengths.append(min(length, other))

    def _unclear(self, kind: _Kind, position: int, codes: list[int], ids: IdArray) -> SceneError:
        name, frame = self._plain[position].photo, self._frames[position]
        photo, (h, w) = frame.name, ids.shape
        where = f"{self._source} ({name})"
        if kind == "exif":
            return SceneError(
                f"the mask {where} fits photo {photo!r} as its pixels lie and also"
                f" {turn_name(codes[1])}, as its EXIF orientation says, and the photos' edges do"
                " not tell which is meant: say --turn-masks none if masks were drawn on the pixels"
                " as they lie, --turn-masks exif if on photos shown upright"
            )
        return SceneError(
            f"the mask {where} has {w}x{h} pixels but photo {photo!r} has"
            f" {frame.photo.width}x{frame.photo.height}, expected the same aspect; turned by a"
            " quarter it would fit, and the photos' edges do not tell which way: say --turn-masks"
            " 90 (clockwise) or --turn-masks 270"
        )


def _is_alike(shape: tuple[int, ...], photo: tuple[int, int]) -> bool:
    if not all(shape):
        return False
    ratio = (shape[1] / shape[0]) / (photo[1] / photo[0])
    return 1 / MAX_ASPECT < ratio < MAX_ASPECT
