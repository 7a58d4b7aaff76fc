from __future__ import annotations

import io
import os
import zipfile
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from o3d_paint.errors import FormatError, PaintError, SceneError
from o3d_paint.io.importers import read_capture
from o3d_paint.io.memory import human_size
from o3d_paint.io.npz import NpzArchive, read_npy
from o3d_paint.io.scene import ImportOptions, LoadOptions, load_scene
from tests.io.ball_on_floor import arrays


def npy(array) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def header(text: str) -> bytes:
    raw = text.encode()
    return b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4),
        np.asfortranarray(np.arange(24, dtype=np.int16).reshape(2, 3, 4)),
        np.arange(5, dtype=">u4"),
        np.float32(3.5),
        np.zeros((0, 3)),
        np.array(["a", "bc"]),
    ],
)
@pytest.mark.parametrize("compressed", [True, False])
def test_reads_what_numpy_reads(tmp_path, array, compressed):
    (np.savez_compressed if compressed else np.savez)(tmp_path / "a.npz", x=array)
    with NpzArchive(tmp_path / "a.npz") as archive:
        assert archive.keys == ("x",)
        found = archive.read("x")
    np.testing.assert_array_equal(found, array)
    assert found.dtype == np.asarray(array).dtype.newbyteorder("=")
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(read_npy(tmp_path / "a.npy"), array)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"ply\nformat ascii", "is a point cloud without photos"),
        (b"no zip at all", "starts with b'no zip"),
        (b"PK\x03\x04 not really", "not finished yet"),
    ],
)
def test_no_archive(tmp_path, content, message):
    path = tmp_path / "scene.npz"
    path.write_bytes(content)
    with pytest.raises(FormatError, match=message):
        read_capture(path, ImportOptions())


def test_a_file_left_unfinished_long_ago(tmp_path):
    path = tmp_path / "scene.npz"
    path.write_bytes(b"PK\x03\x04 not really")
    os.utime(path, (0, 0))
    with pytest.raises(FormatError, match="cut off or was never finished"):
        read_capture(path, ImportOptions())


def test_missing_file_and_folder(tmp_path):
    with pytest.raises(FormatError, match="there is no file"):
        read_capture(tmp_path / "no.npz", ImportOptions())
    with pytest.raises(FormatError, match="it is a folder"):
        read_capture(tmp_path, ImportOptions())
    with pytest.raises(FormatError, match="there is no format 'x'"):
        read_capture(tmp_path, ImportOptions(), format_name="x")


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (npy(np.zeros((3, 4)))[:-1], "95 bytes follow"),
        (npy(np.zeros((3, 4))) + b"x", "97 bytes follow"),
        (b"no array", "cannot be read"),
        (b"\x93NUMPY\x09\x00\x00\x00", "version"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"), "shape is"),
        (header("{'descr': '<f8', 'fortran_order': False, 'shape': (True,)}"), "shape is"),
        (header("{'descr': '<f8', 'fortran_order': False}"), "wrong fields"),
        (header("{'descr': 'nonsense', 'fortran_order': False, 'shape': ()}"), "cannot be read"),
        (header("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': ()}"), "table"),
        (header("__import__('os').abort()"), "cannot be read"),
        (header("(" * 9000), "cannot be read"),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000000,)}"),
            "bytes follow",
        ),
        (
            header("{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, 4294967296)}"),
            "bytes follow",
        ),
    ],
)
def test_malformed_arrays(tmp_path, member, message):
    path = zipped(tmp_path / "a.npz", {"depth.npy": member})
    with pytest.raises(FormatError, match=message) as caught:
        NpzArchive(path)
    assert "'depth'" in str(caught.value)


def test_damaged_bytes_are_found_by_their_checksum(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(1000.0))
    raw = bytearray((tmp_path / "a.npz").read_bytes())
    raw[len(raw) // 2] ^= 255
    (tmp_path / "a.npz").write_bytes(raw)
    with NpzArchive(tmp_path / "a.npz") as archive, pytest.raises(FormatError, match="damaged"):
        archive.read("x")


def test_a_bomb_is_refused_by_its_header(tmp_path):
    shape = (1, 20_000, 20_000)
    bomb = header(f"{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}")
    with zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as file:
        with file.open("depth.npy", "w", force_zip64=True) as member:
            member.write(bomb)
            for _ in range(200):
                member.write(bytes(16_000_000))
        for key in ("intrinsics", "extrinsics", "image"):
            file.writestr(f"{key}.npy", npy(np.zeros(1)))
    assert (tmp_path / "bomb.npz").stat().st_size < 4_000_000
    with pytest.raises(SceneError, match=r"declares 3\.2 GB, and 1\.0 GB of memory may be used"):
        load_scene(tmp_path / "bomb.npz", LoadOptions(memory_limit=10**9))


def test_objects_in_a_single_array_are_not_read(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(FormatError, match="never read"):
        read_npy(tmp_path / "a.npy")


def test_sizes_for_people():
    assert human_size(999) == "999 B"
    assert human_size(1.5e9) == "1.5 GB"


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_no_mutation_raises_anything_but_a_paint_error(tmp_path, data):
    whole = tmp_path / "whole.npz"
    if not whole.exists():
        np.savez(whole, **arrays(photos=2, h=12, w=16)[0])
    raw = bytearray(whole.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(raw)), st.integers(0, len(raw))))
    (tmp_path / "broken.npz").write_bytes(raw[:cut])
    with suppress(PaintError):
        load_scene(tmp_path / "broken.npz", LoadOptions(memory_limit=10**8))


def test_one_long_text_is_read_but_not_a_table_of_them(tmp_path):
    np.savez(tmp_path / "a.npz", text=np.array("x" * 100_000))
    with NpzArchive(tmp_path / "a.npz") as archive:
        assert str(archive.read("text")) == "x" * 100_000
    np.savez(tmp_path / "b.npz", table=np.array(["x" * 100_000] * 2))
    with pytest.raises(FormatError, match="type"), NpzArchive(tmp_path / "b.npz") as archive:
        archive.read("table")
