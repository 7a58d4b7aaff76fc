"""LAS and LAZ once more, by laspy: points, records and header as they were, with labels.

Labels go into the classification and, whole, into the extra dimension ``label``, beside ``source``
and ``confidence``; names of classes into the Classification Lookup record.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint.errors import FormatError
from o3d_paint.io.class_list import class_list
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, class_colors
from o3d_paint.io.exporters.las import (
    SOURCE_NAMES,
    BorrowedFile,
    require_las,
    require_laz,
)
from o3d_paint.io.exporters.rewriters.las_codes import ClassCodes, class_codes
from o3d_paint.io.exporters.rewriters.las_format import LasFormat, copied, format_of
from o3d_paint.io.exporters.rewriters.las_records import (
    EXTRA_BYTES,
    LOOKUP,
    Record,
    RecordsBehind,
    described,
    keep_waveforms,
    lookup,
    read_records,
)
from o3d_paint.io.exporters.rewriters.rows import pieces
from o3d_paint.io.files import open_file
from o3d_paint.io.origin import require_unchanged
from o3d_paint.io.own_records import CLASSES_VLR
from o3d_paint.io.store import replacing

__all__ = ["rewrite_las"]

_BLOCK = 1_000_000
_16_BIT = 257
_MAX_RECORD = 65_535
_LONGEST_NAME = 15
_COLORS = ("red", "green", "blue")


def rewrite_las(labelled: LabelledScene, path: Path, options: ExportOptions) -> list[str]:
    """Write the cloud's LAS or LAZ with labels.

    Returns:
        What the point format could not keep, one sentence each.

    Raises:
        FormatError: The library refuses to write such points.
        MissingExtraError: laspy is not installed.
        StorageError: The file cannot be written, or the cloud's has changed.
    """
    is_compressed = path.suffix.lower() == ".laz"
    laspy = require_laz(path) if is_compressed else require_las(path)
    assert labelled.scene.origin is not None
    source = require_unchanged(labelled.scene.origin)
    with open_file(source) as file:
        before, behind = read_records(file)
        file.seek(0)
        with laspy.open(file, closefd=False, read_evlrs=False) as reader:
            chosen = format_of(reader.header, labelled, options.point_format)
            codes = class_codes(labelled.taxonomy, labelled.labels, limit=chosen.codes)
            header = _header(laspy, reader.header, chosen)
            header.vlrs.clear()
            header.vlrs.extend(_vlrs(laspy, before, labelled, chosen, codes))
            painter = _Painter(labelled, options, chosen, codes)
            with replacing(path, inputs=options.inputs) as out:
                try:
                    writer = laspy.LasWriter(
                        BorrowedFile(out),
                        header,
                        do_compress=is_compressed,
                        closefd=False,
                        encoding_errors="surrogateescape",
                    )
                    for points in _points(laspy, reader, header, labelled, painter):
                        if is_compressed:
                            _require_one_channel(points, chosen, path)
                        writer.write_points(points)
                    if behind:
                        writer.write_evlrs(RecordsBehind(behind))
                    writer.close()
                    if chosen.has_waveforms and header.start_of_waveform_data_packet_record:
                        keep_waveforms(
                            file,
                            out,
                            old_at=header.start_of_waveform_data_packet_record,
                            behind=behind,
                            behind_at=writer.header.start_of_first_evlr,
                        )
                except laspy.errors.LaspyException as error:
                    msg = f"cannot write {path} ({error}): choose .las"
                    raise FormatError(msg) from error
    return [*chosen.notes, *_notes(labelled, chosen, codes, options)]


@dataclass(frozen=True, slots=True)
class _Painter:
    """Sets the fields of labels."""

    labelled: LabelledScene
    options: ExportOptions
    format: LasFormat
    codes: ClassCodes

    def paint(self, points: Any, part: slice, old: npt.NDArray[np.uint8]) -> None:
        """Set labels of a piece of the rows that are written.

        Args:
            points: The piece, as laspy has it.
            part: Of the rows.
            old: (n,) classification before.
        """
        labels = self.labelled.labels[part]
        points["classification"] = self.codes.of(labels, old)
        names = self.format.names
        points.array[names["label"]] = labels
        points.array[names["source"]] = self.labelled.source[part]
        if self.labelled.confidence is not None:
            points.array[names["confidence"]] = self.labelled.confidence[part]
        rgb = None
        if self.options.color_by == "label":
            rgb = class_colors(labels, self.labelled.taxonomy)
        elif self.format.gains_colors:
            rgb = self.labelled.scene.cloud.rgb[part]
        if rgb is not None and self.format.has_colors:
            for name, values in zip(_COLORS, rgb.T, strict=True):
                points.array[name] = values.astype(np.uint16) * _16_BIT


def _header(laspy: Any, old: Any, chosen: LasFormat) -> Any:
    header = old.copy()
    version = max(header.version, laspy.header.Version.from_str(chosen.version))
    header.set_version_and_point_format(version, chosen.point_format)
    if not chosen.has_waveforms:
        header.start_of_waveform_data_packet_record = 0
    return header


def _points(
    laspy: Any, reader: Any, header: Any, labelled: LabelledScene, painter: _Painter
) -> Iterator[Any]:
    """Yield the rows that are written, painted, in pieces."""
    total, start = reader.header.point_count, 0
    while start < total:
        chunk = reader.read_points(min(_BLOCK, total - start))
        chosen, part = pieces(labelled.file_rows, start, len(chunk))
        start += len(chunk)
        if not len(chunk):
            break
        old = chunk[chosen]
        if not len(old):
            continue
        points = laspy.ScaleAwarePointRecord.zeros(len(old), header=header)
        copied(old, points, painter.format)
        painter.paint(points, part, np.asarray(old["classification"]))
        yield points


def _require_one_channel(points: Any, chosen: LasFormat, path: Path) -> None:
    """Refuse points whose waveform fields the compressor would damage.

    lazrs 0.8 mixes up what it predicts for scanner channels.

    Raises:
        FormatError: They are such.
    """
    if not chosen.has_waveforms or "scanner_channel" not in chosen.point_format.dimension_names:
        return
    if np.asarray(points["scanner_channel"]).any():
        msg = (
            f"cannot write {path}: the waveform fields of several scanner channels would be damaged"
        )
        raise FormatError(f"{msg} by compressing them: choose .las")


def _vlr(laspy: Any) -> Any:
    return lambda record: laspy.VLR(record.user, record.number, record.title, record.data)


def _vlrs(
    laspy: Any, before: list[Record], labelled: LabelledScene, chosen: LasFormat, codes: ClassCodes
) -> list[Any]:
    """Return the records before the points, each of this program's where its old one was."""
    of_old = {r.key: r.data for r in before}
    added = [
        (chosen.names["label"], "u2", "class id"),
        (chosen.names["source"], "u1", SOURCE_NAMES),
    ]
    if labelled.confidence is not None:
        added.append((chosen.names["confidence"], "f4", "of the label"))
    extra = described(
        of_old.get(EXTRA_BYTES, b""), chosen.kept, added, undescribed=chosen.undescribed
    )
    ours = [extra, lookup(codes.names, of_old.get(LOOKUP, b""))]
    classes = json.dumps(class_list(labelled.taxonomy)).encode()
    if len(classes) <= _MAX_RECORD:
        ours.append(Record(CLASSES_VLR, 1, b"class list (JSON)", classes))
    new = {r.key: r for r in ours}
    places = [r for r in before if r.user != "laszip encoded"]
    records = [new.pop(r.key, r) if r.user != CLASSES_VLR else new.pop(r.key, None) for r in places]
    return [_vlr(laspy)(r) for r in [*records, *new.values()] if r is not None]


def _notes(
    labelled: LabelledScene, chosen: LasFormat, codes: ClassCodes, options: ExportOptions
) -> list[str]:
    """Return what a reader of the file must know."""
    notes = []
    if codes.codeless:
        larger = (
            ""
            if chosen.codes > 32
            else (f"; --point-format {7 if chosen.has_colors else 6} holds codes to 255")
        )
        notes.append(
            f"Point format {chosen.number} has classifications of 0 to {chosen.codes - 1}, and none"
            f" for {', '.join(codes.codeless)}: those points are 1 (unclassified) there, and the"
            f" extra dimension {chosen.names['label']!r} has their class{larger}."
        )
    if codes.misread:
        notes.append(
            "Some classifications mean something else in the ASPRS standard:"
            f" {', '.join(codes.misread)}. The Classification Lookup record names them."
        )
    used = set(np.unique(labelled.labels).tolist())
    cut = [n for n in codes.names.values() if len(n.encode()) > _LONGEST_NAME]
    cut = [n for n in cut if any(c.name == n and c.class_id in used for c in labelled.taxonomy)]
    if cut:
        notes.append(
            f"The Classification Lookup record has names of {_LONGEST_NAME} bytes, so these are cut"
            f" there: {', '.join(cut)}."
        )
    if options.color_by == "label" and not chosen.has_colors:
        notes.append(f"Point format {chosen.number} has no colours: --color-by has no effect.")
    return notes
