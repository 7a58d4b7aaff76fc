"""Writes records as formats 1 to 3 had them in their files."""

from __future__ import annotations

import struct
import zlib

from o3d_paint.project.records import RecordKind


def frame_record(kind: RecordKind, data: bytes, number: int) -> bytes:
    """A record as it stands in a file; ``number`` runs from 0 in each file."""
    head = struct.pack("<4sIIB", b"\xabREC", len(data), number, kind)
    return head + data + struct.pack("<I", zlib.crc32(data, zlib.crc32(head)))
