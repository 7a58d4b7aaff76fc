"""Damages files: bytes anywhere, numbers, members of archives, values inside JSON."""

from __future__ import annotations

import copy
import io
import json
import random
import re
import struct
import warnings
import zipfile
from typing import Any

_NUMBERS = (
    b"0", b"-0", b"1", b"-1", b"3", b"255", b"256", b"65535", b"65536", b"2147483647",
    b"2147483648", b"-2147483649", b"4294967295", b"9223372036854775807", b"9223372036854775808",
    b"1e18", b"1e308", b"-1e308", b"1e999", b"1e-320", b"nan", b"inf", b"-inf", b"0x10", b"1_000",
    b"9" * 400, b"\xd9\xa3", b"",
)  # fmt: skip
_BINARY = tuple(
    struct.pack(layout, value)
    for layout, values in (
        ("<i", (0, 1, -1, 2**31 - 1, -(2**31))),
        ("<q", (0, -1, 2**63 - 1, -(2**63), 2**32, 2**40)),
        ("<f", (0.0, -1.0, float("nan"), float("inf"), -float("inf"), 3e38, 1e-40)),
        ("<d", (0.0, -1.0, float("nan"), float("inf"), 1e308, 1e-310)),
        ("<H", (0, 1, 65535)),
    )
    for value in values
)
_TOKENS = (
    b"\n", b"\r\n", b"\0", b" ", b"\t", b"#", b"//", b",", b";", b":", b"..", b"/", b"\\", b"%s",
    b"{}", b"[]", b'"', b"'", b"\xff\xfe", b"\xef\xbb\xbf", "ü屋".encode(), b"../../etc/passwd",
    b"end_header\n", b"list", b"<f8", b"|O", b"(1,)", b"True", b"None",
)  # fmt: skip
_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**63, 2**64, 10**40, -0.0, 0.5, 1e308, float("nan"),
    float("inf"), "", "a", "..", "../../etc/passwd", "/etc/passwd", "\0", "\ud800", "x" * 300,
    "\n", "ü", [], [[]], {}, [None], [1, 2], {"a": 1}, [[0, 0], [1, 1], [0, 1]], "nan", "1",
)  # fmt: skip
_MEMBER_NAMES = (
    "../../escape.npy", "/abs.npy", "x" * 250 + ".npy", "ü\n.npy", "a/b.npy", "labelmap.txt"
)  # fmt: skip
_KEYS = ("", "id", "x" * 300, "0", "-1", "99999999999")
_NUMBER = re.compile(rb"-?[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_MOST = 1 << 22


def damaged(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Returns a damaged copy of a file's bytes; ``other`` lends pieces."""
    kind = rng.random()
    if data[:2] == b"PK" and kind < 0.7:
        return _archive(data, other, rng)
    if data[:1] in (b"{", b"[") and kind < 0.7:
        return _document(data, rng)
    return _bytes(data, other, rng)


def _bytes(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Returns the bytes with one to four changes, now and then many."""
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 4, 20))):
        changed = _changed(changed, other, rng)[:_MOST]
    return bytes(changed)


def _changed(data: bytearray, other: bytes, rng: random.Random) -> bytearray:
    at = _place(len(data), rng)
    kind = rng.randrange(10)
    if kind == 0 and data:
        data[min(at, len(data) - 1)] ^= 1 << rng.randrange(8)
    elif kind == 1 and data:
        data[min(at, len(data) - 1)] = rng.randrange(256)
    elif kind == 2:
        del data[at : at + rng.choice((1, 2, 4, 8, 64, 4096))]
    elif kind == 3:
        piece = data[at : at + rng.choice((1, 4, 16, 256))]
        data[at:at] = piece * rng.choice((1, 2, 50))
    elif kind == 4:
        data = data[:at]
    elif kind == 5 and other:
        start = rng.randrange(len(other))
        data[at:at] = other[start : start + rng.choice((1, 8, 64, 1024))]
    elif kind == 6:
        value = rng.choice(_BINARY)
        data[at : at + len(value)] = value
    elif kind == 7:
        data[at:at] = rng.choice(_TOKENS)
    else:
        data = _renumbered(data, rng)
    return data


def _place(length: int, rng: random.Random) -> int:
    """Returns a position; half of them lie in the first bytes, where headers are."""
    return rng.randrange(min(length, 512) + 1 if rng.random() < 0.5 else length + 1)


def _renumbered(data: bytearray, rng: random.Random) -> bytearray:
    """Returns text with another number in place of one near a random position."""
    found = list(_NUMBER.finditer(data, _place(len(data), rng), _MOST))[:64]
    if not found:
        return data
    match = rng.choice(found)
    data[match.start() : match.end()] = rng.choice(_NUMBERS)
    return data


def _archive(data: bytes, other: bytes, rng: random.Random) -> bytes:
    """Returns an archive that is sound but for what one of its members holds or is called."""
    members = _members(data)
    if not members:
        return _bytes(data, other, rng)
    which = rng.randrange(len(members))
    name, content = members[which]
    kind = rng.random()
    if kind < 0.8:
        members[which] = (name, _bytes(content, other, rng))
    elif kind < 0.87:
        del members[which]
    elif kind < 0.94:
        members[which] = (rng.choice(_MEMBER_NAMES), content)
    else:
        members.append((name, content))
    buffer = io.BytesIO()
    method = rng.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))
    with (
        warnings.catch_warnings(),
        zipfile.ZipFile(buffer, "w", method, compresslevel=1) as archive,
    ):
        # Members of one name are part of the damage.
        warnings.simplefilter("ignore", UserWarning)
        for member, bytes_of in members:
            info = zipfile.ZipInfo(member)
            info.compress_type = method
            archive.writestr(info, bytes_of)
    return buffer.getvalue()


def _members(data: bytes) -> list[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return [(i.filename, archive.read(i)) for i in archive.infolist()]
    except (zipfile.BadZipFile, OSError, ValueError):
        return []


def _document(data: bytes, rng: random.Random) -> bytes:
    """Returns JSON with other values, names or depth somewhere inside."""
    try:
        document = json.loads(data)
    except ValueError:
        return data
    for _ in range(rng.choice((1, 1, 2, 4))):
        document = _value_changed(document, rng)
    if rng.random() < 0.02:
        return b"[" * 100_000 + data
    return json.dumps(document).encode()


def _value_changed(document: Any, rng: random.Random) -> Any:
    """Changes one value on a random way down."""
    if rng.random() < 0.25 or not isinstance(document, (dict, list)) or not document:
        return copy.deepcopy(rng.choice(_VALUES))
    if isinstance(document, dict):
        key = rng.choice(list(document))
        kind = rng.random()
        if kind < 0.1:
            del document[key]
        elif kind < 0.15:
            document[rng.choice(_KEYS)] = document.pop(key)
        else:
            document[key] = _value_changed(document[key], rng)
        return document
    at = rng.randrange(len(document))
    kind = rng.random()
    if kind < 0.1:
        del document[at]
    elif kind < 0.2:
        document[at:at] = [copy.deepcopy(document[at]) for _ in range(rng.choice((1, 3, 50)))]
    else:
        document[at] = _value_changed(document[at], rng)
    return document
