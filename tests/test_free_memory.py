"""Limits of containers count: a group's own, one around it, of either version of control groups."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from o3d_paint.free_memory import bytes_left

GB = 1 << 30


def machine(root: Path, groups: str, mounts: str, **files: str) -> Path:
    """A file system of a machine with 64 GB free, and what its control groups say."""
    contents = {
        "proc/meminfo": f"MemTotal: 99999999 kB\nMemAvailable: {64 * GB // 1024} kB\n",
        "proc/self/cgroup": groups,
        "proc/self/mountinfo": mounts,
        **files,
    }
    for name, text in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return root


def second(root: Path, path: str, *, shown: str = "/", **files: str) -> Path:
    mounts = f"31 23 0:28 {shown} /sys/fs/cgroup rw,relatime - cgroup2 cgroup2 rw\n"
    named = {f"sys/fs/cgroup{k.replace('__', '/')}": v for k, v in files.items()}
    return machine(root, f"0::{path}\n", mounts, **named)


def test_without_groups_the_machine_decides(tmp_path: Path) -> None:
    assert bytes_left(machine(tmp_path, "", "")) == 64 * GB


def test_own_group_of_version_2(tmp_path: Path) -> None:
    files = {"/memory.max": f"{3 * GB}\n", "/memory.current": f"{GB}\n"}
    assert bytes_left(second(tmp_path, "/", **files)) == 2 * GB


def test_a_group_around_the_own_one_counts(tmp_path: Path) -> None:
    files = {
        "/pod/box/memory.max": "max\n",
        "/pod/box/memory.current": f"{GB}\n",
        "/pod/memory.max": f"{5 * GB}\n",
        "/pod/memory.current": f"{GB}\n",
        "/memory.stat": "",
    }
    assert bytes_left(second(tmp_path, "/pod/box", **files)) == 4 * GB


def test_the_softer_limit_of_version_2_counts(tmp_path: Path) -> None:
    files = {
        "/a/memory.max": f"{9 * GB}",
        "/a/memory.high": f"{2 * GB}",
        "/a/memory.current": "0",
    }
    assert bytes_left(second(tmp_path, "/a", **files)) == 2 * GB


def test_a_container_that_sees_its_own_group_as_the_top(tmp_path: Path) -> None:
    files = {"/memory.max": f"{2 * GB}", "/memory.current": "0"}
    root = second(tmp_path, "/docker/0123", shown="/docker/0123", **files)
    assert bytes_left(root) == 2 * GB


@pytest.mark.parametrize("shown", ["/", "/docker/0123"])
def test_version_1_nested_and_as_containers_show_it(tmp_path: Path, shown: str) -> None:
    inner = "" if shown != "/" else "/docker/0123"
    place = f"sys/fs/cgroup/memory{inner}"
    root = machine(
        tmp_path,
        "9:name=systemd:/\n4:cpu,memory:/docker/0123\n0::/\n",
        f"35 31 0:32 {shown} /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        "41 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n",
        **{
            f"{place}/memory.limit_in_bytes": f"{3 * GB}",
            f"{place}/memory.usage_in_bytes": f"{2 * GB}",
            f"{place}/memory.stat": f"cache 1\ntotal_inactive_file {GB}\n",
        },
    )
    # A gigabyte of what is used are files that were read, which go when memory is wanted.
    assert bytes_left(root) == 2 * GB


@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the address space")
def test_a_limit_on_the_address_space_counts() -> None:
    code = (
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (2 << 30,) * 2)\n"
        "from o3d_paint.free_memory import available_bytes\nprint(available_bytes())"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert 1 << 30 < int(said.stdout) < 2 << 30
