"""Pieces of a project that are small on the disk and ask for much."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
import zlib
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from o3d_paint.core.brush import Stroke
from o3d_paint.core.mask import MaskEdit, Rect
from o3d_paint.errors import SceneError
from o3d_paint.project.codec import decode_step, encode_step, step_name
from o3d_paint.project.database import checksum
from o3d_paint.project.records import MAGIC, RecordKind, parse_records
from o3d_paint.project.rows import put_edit
from o3d_paint.project.session import open_session, read_project
from o3d_paint.project.steps import FrameEdit, LayerEdit, Step
from tests.project.golden import FOLDER, golden_scene
from tests.project.old_records import frame_record
from tests.project.scenes import MASK_SHAPE, strip_scene

GB = 1 << 30


def packed(header: object, blobs: list[bytes], *, sizes: list[int] | None = None) -> bytes:
    head = json.dumps(header).encode() if not isinstance(header, bytes) else header
    sizes = [len(b) for b in blobs] if sizes is None else sizes
    table = struct.pack(f"<I{len(sizes)}I", len(sizes), *sizes)
    start = struct.pack("<I", len(head)) + head + table
    return zlib.compress(start + b"".join(blobs), 1)


def runs(length: int) -> bytes:
    return b"\0" + struct.pack("<IH", length, 1)


def of_zeros(size: int) -> bytes:
    packer = zlib.compressobj(9)
    head = json.dumps({"name": "a", "edits": []}).encode()
    start = struct.pack("<I", len(head)) + head + struct.pack("<II", 1, size)
    parts = [packer.compress(start)]
    parts += [packer.compress(bytes(1 << 20)) for _ in range(size >> 20)]
    return b"".join([*parts, packer.flush()])


def edit(rect: list[int], length: int) -> dict[str, object]:
    return {"frame": 0, "rect": rect}


def many_huge_rectangles() -> bytes:
    side = 1 << 15
    entries = [edit([0, 0, side, side], side * side)] * 64
    return packed({"name": "a", "edits": entries}, [runs(side * side)] * 3 * 64)


BOMBS = {
    "rectangles of 64 thousand million pixels": many_huge_rectangles,
    "a rectangle beyond all numbers": lambda: packed(
        {"name": "a", "edits": [edit([0, 0, 10**18, 10**18], 1)]}, [runs(2**32 - 1)] * 3
    ),
    "a rectangle the wrong way round": lambda: packed(
        {"name": "a", "edits": [edit([9, 9, 0, 0], 1)]}, [runs(81)] * 3
    ),
    "a header that nests": lambda: packed(b"[" * 100_000 + b"]" * 100_000, []),
    "a header of 4 GB": lambda: zlib.compress(struct.pack("<I", 2**32 - 1) + b"{}"),
    "arrays that are not there": lambda: packed({"name": "a", "edits": []}, [], sizes=[2**31] * 99),
    "an array of 512 MB of zeros": lambda: of_zeros(GB // 2),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_step_that_asks_for_more_than_there_is_is_no_step(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("o3d_paint.io.memory.available_bytes", lambda: GB // 4)
    data = BOMBS[name]()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(ValueError, match=r"not a step|arrays of|a header of|end is"):
        decode_step(data)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < GB // 4


def test_the_name_of_a_step_takes_no_more_than_its_header() -> None:
    with pytest.raises(ValueError, match="a header of"):
        step_name(BOMBS["a header of 4 GB"]())
    assert step_name(BOMBS["an array of 512 MB of zeros"]()) == "a"


def test_steps_of_every_kind_still_come_back() -> None:
    changed = np.zeros((4, 5), dtype=bool)
    changed[1:, 2] = True
    ids = np.arange(3, dtype=np.uint16)
    step = Step(
        "both",
        (
            FrameEdit(2, MaskEdit(Rect(3, 1, 8, 5), changed, ids, ids + 1)),
            LayerEdit(np.array([4, 9], np.int32), ids[:2], ids[1:]),
        ),
    )
    assert encode_step(decode_step(encode_step(step))) == encode_step(step)


def test_a_step_with_something_behind_it_is_none() -> None:
    data = encode_step(Step("a", ()))
    assert decode_step(data).name == "a"
    raw = zlib.decompress(data)
    for wrong in (zlib.compress(raw + b"x"), data[:-1], data[:-4] + bytes(4)):
        with pytest.raises(ValueError, match=r"step|end|error"):
            decode_step(wrong)


def test_the_search_behind_damage_does_not_take_the_square_of_the_file() -> None:
    """A beginning every 13 bytes, each of a record that reaches to the end of the file."""
    count = 300_000
    size = 13 * count
    heads = [
        struct.pack("<4sIIB", b"\xabREC", max(0, size - 13 * (i + 1) - 4), 0, 1)
        for i in range(count)
    ]
    started = time.process_time()
    found = parse_records(MAGIC + b"x" + b"".join(heads))
    assert time.process_time() - started < 5
    assert found.damaged
    assert not found.records


def test_sound_records_behind_damage_are_still_found() -> None:
    record = [frame_record(RecordKind.DO, bytes(1000), i) for i in range(6)]
    raw = MAGIC + record[0] + record[1][:-9] + b"".join(record[2:])
    assert len(parse_records(raw).records) == 5


@pytest.fixture
def project(tmp_path: Path) -> Path:
    session = open_session(strip_scene(), tmp_path / "p", classes=["a", "b"])
    for i in range(2):
        session.project.paint(i, Stroke(np.array([[10.0, 500.0], [150.0, 500.0]]), 40, 1 + i))
        session.save(wait=True)
    session.close()
    return tmp_path / "p"


@pytest.fixture
def old_project(tmp_path: Path) -> Path:
    """Of an earlier version: a folder of files."""
    shutil.copytree(FOLDER / "format_3", tmp_path / "old")
    return tmp_path / "old"


def test_one_bomb_in_the_journal_is_told_and_the_rest_is_there(old_project: Path) -> None:
    record = frame_record(RecordKind.DO, BOMBS["rectangles of 64 thousand million pixels"](), 0)
    deep = frame_record(RecordKind.SETTINGS, b"[" * 200_000 + b"]" * 200_000, 1)
    (old_project / "journal" / "00000050.journal").write_bytes(MAGIC + record + deep)
    found, told = read_project(old_project, golden_scene())
    assert found.painted_frames == (0, 1, 2)
    assert sum("step of the journal cannot be read" in m for m in told) == 2


def added(project: Path, kind: RecordKind, data: bytes) -> None:
    with closing(sqlite3.connect(project / "project.sqlite", isolation_level=None)) as database:
        (last,) = database.execute("SELECT max(seq) FROM edit").fetchone()
        put_edit(database, last + 1, kind, data, last + 1)


def test_one_bomb_among_the_steps_is_told_and_the_rest_is_there(project: Path) -> None:
    added(project, RecordKind.DO, BOMBS["rectangles of 64 thousand million pixels"]())
    added(project, RecordKind.SETTINGS, b"[" * 200_000 + b"]" * 200_000)
    found, told = read_project(project, strip_scene())
    assert found.painted_frames == (0, 1)
    assert sum("recorded step cannot be read" in m for m in told) == 2


def test_a_mask_of_another_size_is_not_decoded(old_project: Path) -> None:
    mask = next((old_project / "masks").glob("*.png"))
    Image.new("P", (12_000, 12_000)).save(mask)
    found, told = read_project(old_project, golden_scene())
    assert any("12000x12000" in m and "put together" in m for m in told), told
    assert found.mask(0).shape == MASK_SHAPE


def stored_mask(labels: bytes, height: int, width: int) -> tuple[object, ...]:
    parts = (0, 1 << 40, height, width, labels, None)
    return (*parts, checksum("mask", *parts))


MASKS = {
    "another size": (b"\1" + zlib.compress(bytes(2 * 10**6)), (1000, 1000)),
    "a huge size": (b"\1" + zlib.compress(bytes(2 * 10**6)), (1 << 40, 1 << 40)),
    "pixels without end": (b"\1" + zlib.compress(bytes(1 << 28), 9), MASK_SHAPE),
    "runs without end": (b"\0" + struct.pack("<Q", 1 << 60) + zlib.compress(bytes(99)), MASK_SHAPE),
    "runs out of order": (
        b"\0" + struct.pack("<Q", 2) + zlib.compress(struct.pack("<IIHH", 9, 0, 1, 2)),
        MASK_SHAPE,
    ),
    "runs beyond the mask": (
        b"\0" + struct.pack("<Q", 2) + zlib.compress(struct.pack("<IIHH", 0, 1 << 30, 1, 2)),
        MASK_SHAPE,
    ),
    "nothing": (b"", MASK_SHAPE),
}  # fmt: skip


@pytest.mark.parametrize("name", MASKS)
def test_masks_that_ask_for_more_than_there_is_are_told(project: Path, name: str) -> None:
    labels, (height, width) = MASKS[name]
    with closing(sqlite3.connect(project / "project.sqlite", isolation_level=None)) as database:
        row = stored_mask(labels, height, width)
        database.execute("REPLACE INTO mask VALUES (?, ?, ?, ?, ?, ?, ?)", row)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found, told = read_project(project, strip_scene())
    assert any("photo_00" in m and "put together" in m for m in told), told
    assert found.mask(0).shape == MASK_SHAPE
    assert found.painted_frames == (0, 1)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < GB // 4


def test_steps_that_do_not_fit_into_memory_are_not_read(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    added(project, RecordKind.DO, bytes(10_000_000))
    monkeypatch.setattr("o3d_paint.io.memory.available_bytes", lambda: 10_000_000)
    with pytest.raises(SceneError, match=r"the steps of .* declare"):
        read_project(project, strip_scene())


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the address space")
def test_a_journal_larger_than_the_memory_is_one_sentence(old_project: Path) -> None:
    """A file with a hole takes nothing of the disk."""
    with (old_project / "journal" / "00000999.journal").open("wb") as file:
        file.write(MAGIC)
        file.truncate(1 << 40)
    code = (
        "from pathlib import Path\nimport sys\n"
        "from o3d_paint.project.session import read_project\n"
        "from tests.project.golden import golden_scene\n"
        "print(*read_project(Path(sys.argv[1]), golden_scene())[1])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(old_project)], capture_output=True, text=True, check=True
    )
    assert "00000999.journal declares" in said.stdout
