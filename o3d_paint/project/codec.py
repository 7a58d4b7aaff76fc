"""Steps as bytes: one small form for the undo history, the journal and the history file.

A step is a header of JSON and the packed arrays of its edits, compressed together. Arrays of ids
and flags are runs, which makes paint small and quick to pack whatever its area. Edits of hundreds
of photos take gigabytes once unpacked, so they can be packed and unpacked one at a time.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, IdArray
from o3d_paint.core.mask import MaskEdit, Rect
from o3d_paint.core.taxonomy import LabelClass, Taxonomy
from o3d_paint.errors import SceneError
from o3d_paint.io.memory import require_memory
from o3d_paint.project.inflated import Inflated
from o3d_paint.project.steps import AcceptEdit, Edit, FrameEdit, LayerEdit, Step, TaxonomyEdit

__all__ = [
    "PackedEdits",
    "StepPacker",
    "decode_step",
    "encode_step",
    "pack_ids",
    "step_name",
    "taxonomy_from_json",
    "taxonomy_to_json",
    "unpack_ids",
]

_LENGTH = struct.Struct("<I")
_RUNS, _PLAIN = 0, 1
# The fastest level: what is left after the runs is small, and the UI thread packs it.
_ZLIB_LEVEL = 1
_MAX_BYTES = 1 << 31
_MAX_HEAD = 1 << 26  # two lists of 65,535 classes have 10 MB
# Packed ids become an array of two bytes each; a mask's edit has three, and flags.
_BYTES_PER_PIXEL = 8


# What bytes that somebody else made up provoke.
_BROKEN = (
    zlib.error,
    struct.error,
    KeyError,
    TypeError,
    IndexError,
    StopIteration,
    RecursionError,
    OverflowError,
    MemoryError,
    SceneError,
)


class StepPacker:
    """Packs a step, one edit after another."""

    def __init__(self, name: str) -> None:
        """Start without an edit; the name is for menus."""
        self._name = name
        self._entries: list[dict[str, Any]] = []
        self._blobs: list[bytes] = []

    def __len__(self) -> int:
        """Return the number of edits."""
        return len(self._entries)

    def add(self, edit: Edit) -> None:
        """Pack the next edit."""
        self._entries.append(_encode_edit(edit, self._blobs))

    def data(self) -> bytes:
        """Return the step as bytes; the same step always gives the same bytes."""
        header = {"name": self._name, "edits": self._entries}
        head = json.dumps(header, ensure_ascii=False, separators=(",", ":")).encode()
        sizes = b"".join(_LENGTH.pack(len(blob)) for blob in self._blobs)
        start = _LENGTH.pack(len(head)) + head + _LENGTH.pack(len(self._blobs)) + sizes
        return zlib.compress(start + b"".join(self._blobs), _ZLIB_LEVEL)


class PackedEdits:
    """The edits of a packed step, unpacked one at a time."""

    def __init__(self, data: bytes, *, inverted: bool = False) -> None:
        """Look into a step.

        Args:
            data: Of `StepPacker`.
            inverted: Whether to give the edits that take the step back.

        Raises:
            ValueError: The bytes are not a step.
        """
        try:
            header, blobs = _split(Inflated(data))
            pixels = [_pixels_of(entry) for entry in header["edits"]]
            require_memory("the step", _BYTES_PER_PIXEL * max(pixels, default=0))
            self.name = str(header["name"])
            self._edits: list[tuple[dict[str, Any], list[bytes]]] = []
            first = 0
            for entry in header["edits"]:
                last = first + _num_blobs(entry)
                self._edits.append((entry, blobs[first:last]))
                first = last
        except _BROKEN as error:
            msg = f"not a step of the history: {error}"
            raise ValueError(msg) from error
        self._inverted = inverted

    def __len__(self) -> int:
        """Return the number of edits."""
        return len(self._edits)

    def __iter__(self) -> Iterator[Edit]:
        """Unpack the edits in the order in which they are to be made.

        Raises:
            ValueError: One is damaged.
        """
        for entry, blobs in reversed(self._edits) if self._inverted else self._edits:
            try:
                edit = _decode_edit(entry, list(blobs))
            except _BROKEN as error:
                msg = f"not a step of the history: {error}"
                raise ValueError(msg) from error
            yield edit.inverted() if self._inverted else edit


def encode_step(step: Step) -> bytes:
    """Return a step as bytes; the same step always gives the same bytes."""
    packer = StepPacker(step.name)
    for edit in step.edits:
        packer.add(edit)
    return packer.data()


def decode_step(data: bytes) -> Step:
    """Return the step of `encode_step`.

    Raises:
        ValueError: The bytes are not a step.
    """
    edits = PackedEdits(data)
    return Step(edits.name, tuple(edits))


def step_name(data: bytes) -> str:
    """Return the name of a packed step without unpacking its arrays.

    Raises:
        ValueError: The bytes are not a step.
    """
    try:
        head = _head_of(Inflated(data))
        return str(json.loads(head)["name"])
    except _BROKEN as error:
        msg = f"not a step of the history: {error}"
        raise ValueError(msg) from error


def taxonomy_to_json(taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """Return classes as plain values, in order."""
    return [{"id": c.class_id, "name": c.name, "color": list(c.color)} for c in taxonomy]


def taxonomy_from_json(classes: list[dict[str, Any]]) -> Taxonomy:
    """Return the classes of `taxonomy_to_json`.

    Raises:
        KeyError: A field is missing.
        TypeError: A field has another type.
        TaxonomyError: The classes contradict themselves.
    """
    return Taxonomy(
        tuple(
            LabelClass(_whole(c["id"]), str(c["name"]), (*(_whole(v) for v in c["color"]),))  # type: ignore[arg-type]
            for c in classes
        )
    )


def _whole(value: Any) -> int:
    """Return a number as it is; JSON has infinity and fractions, too."""
    if not isinstance(value, int):
        msg = f"found {value!r} where a whole number belongs"
        raise TypeError(msg)
    return value


def _head_of(packed: Inflated) -> bytes:
    (size,) = _LENGTH.unpack(packed.take(_LENGTH.size))
    if size > _MAX_HEAD:
        msg = f"a header of {size} bytes"
        raise ValueError(msg)
    return packed.take(size)


def _split(packed: Inflated) -> tuple[dict[str, Any], list[bytes]]:
    """Separate header and arrays; what they say to have is looked at before it is unpacked."""
    header = json.loads(_head_of(packed))
    (count,) = _LENGTH.unpack(packed.take(_LENGTH.size))
    if count > _MAX_HEAD // _LENGTH.size:
        msg = f"{count} arrays"
        raise ValueError(msg)
    sizes = struct.unpack(f"<{count}I", packed.take(count * _LENGTH.size))
    if sum(sizes) > _MAX_BYTES:
        msg = f"arrays of {sum(sizes)} bytes"
        raise ValueError(msg)
    require_memory("the step", sum(sizes))
    blobs = [packed.take(size) for size in sizes]
    packed.require_end()
    return header, blobs


def _encode_edit(edit: Edit, blobs: list[bytes]) -> dict[str, Any]:
    """Return the plain values of an edit; its arrays go to ``blobs`` in a fixed order."""
    if isinstance(edit, FrameEdit):
        rect = edit.edit.rect
        blobs += [
            pack_ids(edit.edit.changed.ravel().astype(np.uint16)),
            pack_ids(edit.edit.before),
            pack_ids(edit.edit.after),
        ]
        return {"frame": edit.frame_idx, "rect": [rect.x0, rect.y0, rect.x1, rect.y1]}
    if isinstance(edit, LayerEdit):
        blobs += [
            edit.points.astype("<i4").tobytes(),
            pack_ids(edit.before),
            pack_ids(edit.after),
        ]
        return {"layer": len(edit.points)}
    if isinstance(edit, AcceptEdit):
        percents = edit.percents_before, edit.percents_after
        ids = edit.before, edit.after, *(part.astype(np.uint16) for part in percents)
        blobs += [edit.points.astype("<i4").tobytes(), *(pack_ids(part) for part in ids)]
        return {"accepted": len(edit.points)}
    return {
        "before": taxonomy_to_json(edit.before),
        "after": taxonomy_to_json(edit.after),
        "gone": edit.gone,
        "heir": edit.heir,
    }


def _num_blobs(entry: dict[str, Any]) -> int:
    """Return how many arrays an edit has."""
    if "frame" in entry or "layer" in entry:
        return 3
    return 5 if "accepted" in entry else 0


def _pixels_of(entry: dict[str, Any]) -> int:
    """Return how many pixels an edit's rectangle has, before any array of that size is made."""
    if "frame" not in entry:
        return 0
    x0, y0, x1, y1 = (_whole(v) for v in entry["rect"])
    if not (0 <= x0 <= x1 and 0 <= y0 <= y1):
        msg = f"a rectangle of {entry['rect']}"
        raise TypeError(msg)
    return (x1 - x0) * (y1 - y0)


def _decode_edit(entry: dict[str, Any], blobs: list[bytes]) -> Edit:
    """Return an edit; takes its arrays off the front of ``blobs``."""
    if "frame" in entry:
        rect = Rect(*(int(v) for v in entry["rect"]))
        height, width = rect.shape
        changed: BoolArray = unpack_ids(blobs.pop(0), height * width).astype(bool)
        count = int(np.count_nonzero(changed))
        before, after = unpack_ids(blobs.pop(0), count), unpack_ids(blobs.pop(0), count)
        return FrameEdit(
            int(entry["frame"]), MaskEdit(rect, changed.reshape(height, width), before, after)
        )
    if "layer" in entry:
        points = np.frombuffer(blobs.pop(0), dtype="<i4").astype(np.int32)
        before, after = unpack_ids(blobs.pop(0), len(points)), unpack_ids(blobs.pop(0), len(points))
        return LayerEdit(points, before, after)
    if "accepted" in entry:
        points = np.frombuffer(blobs.pop(0), dtype="<i4").astype(np.int32)
        before, after, *percents = (unpack_ids(blobs.pop(0), len(points)) for _ in range(4))
        return AcceptEdit(points, before, after, *(part.astype(np.uint8) for part in percents))
    return TaxonomyEdit(
        taxonomy_from_json(entry["before"]),
        taxonomy_from_json(entry["after"]),
        gone=int(entry["gone"]),
        heir=int(entry["heir"]),
    )


def pack_ids(values: IdArray) -> bytes:
    """Return ids as runs (lengths, then values), or plainly where runs would be longer."""
    ends = np.flatnonzero(values[1:] != values[:-1]) + 1
    if len(ends) * 3 > len(values):
        return bytes([_PLAIN]) + values.astype("<u2").tobytes()
    starts = np.concatenate([[0], ends]) if len(values) else np.zeros(0, dtype=np.int64)
    lengths: npt.NDArray[np.int64] = np.diff(starts, append=len(values))
    runs: bytes = lengths.astype("<u4").tobytes() + values[starts].astype("<u2").tobytes()
    return bytes([_RUNS]) + runs


def unpack_ids(data: bytes, size: int) -> IdArray:
    """Return the ``size`` ids of `pack_ids`.

    Raises:
        IndexError: There are no bytes.
        ValueError: There are more or fewer ids.
    """
    if data[0] == _PLAIN:
        values = np.frombuffer(data, dtype="<u2", offset=1)
    else:
        count, rest = divmod(len(data) - 1, 6)
        if rest:
            msg = f"{len(data)} bytes are no runs"
            raise ValueError(msg)
        lengths = np.frombuffer(data, dtype="<u4", count=count, offset=1)
        if int(lengths.sum(dtype=np.int64)) != size:
            msg = f"runs of {int(lengths.sum(dtype=np.int64))} ids found, {size} expected"
            raise ValueError(msg)
        values = np.repeat(np.frombuffer(data, dtype="<u2", offset=1 + 4 * count), lengths)
    if len(values) != size:
        msg = f"{len(values)} ids found, {size} expected"
        raise ValueError(msg)
    return values.astype(np.uint16)
