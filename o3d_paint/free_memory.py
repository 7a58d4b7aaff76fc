"""How much memory this process may still take: of the machine, its container and its limits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath

__all__ = ["available_bytes", "bytes_left"]

_FALLBACK = 8 << 30


def available_bytes() -> int:
    """Return the memory that can be taken without swapping; see `bytes_left`."""
    return bytes_left(Path("/"))


def bytes_left(root: Path) -> int:
    """Return the memory that can be taken without swapping, as the files below ``root`` say.

    That is the least of what the machine has free, what each control group around this process
    leaves (version 1 or 2, nested ones too: a container's limit may lie above its own group), and
    what ``ulimit -v`` leaves.

    Args:
        root: Where ``proc`` and the file systems of control groups lie.
    """
    free = _meminfo_available(root) or _physical() or _FALLBACK
    return max(0, min([free, *_left_of_groups(root), *_left_of_address_space(root)]))


def _left_of_groups(root: Path) -> Iterator[int]:
    """Yield what the limits of all control groups around this process leave."""
    for mount, group, is_second in _memory_groups(root):
        names = ("memory.max", "memory.high") if is_second else ("memory.limit_in_bytes",)
        used_name = "memory.current" if is_second else "memory.usage_in_bytes"
        for folder in (group, *group.parents):
            if not folder.is_relative_to(mount):
                break
            used = _read_int(folder / used_name)
            limits = [v for n in names if (v := _read_int(folder / n)) is not None]
            if limits and used is not None:
                # Pages of files that were read count as used, and go when memory is wanted.
                yield min(limits) - max(0, used - _reclaimable(folder, is_second=is_second))


def _memory_groups(root: Path) -> Iterator[tuple[Path, Path, bool]]:
    """Yield mount, folder of this process's group and version of each hierarchy with memory."""
    own = _own_groups(root)
    for line in _lines(root / "proc/self/mountinfo"):
        before, dash, after = line.partition(" - ")
        fields, kinds = before.split(), after.split()
        if not dash or len(fields) < 5 or len(kinds) < 3:
            continue
        is_second = kinds[0] == "cgroup2"
        if not is_second and not (kinds[0] == "cgroup" and "memory" in kinds[2].split(",")):
            continue
        path = own.get("" if is_second else "memory")
        if path is None:
            continue
        mount = root / _unescaped(fields[4]).lstrip("/")
        shown = PurePosixPath(_unescaped(fields[3]))
        inner = PurePosixPath(path)
        # A container may see its own group as the top, under a path that only the host knows.
        below = inner.relative_to(shown) if inner.is_relative_to(shown) else PurePosixPath(".")
        folder = mount / below
        yield mount, folder if folder.is_dir() else mount, is_second


def _own_groups(root: Path) -> dict[str, str]:
    """Return the path of this process's group by controller; version 2 has the name ""."""
    groups: dict[str, str] = {}
    for line in _lines(root / "proc/self/cgroup"):
        _, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        groups |= dict.fromkeys(controllers.split(","), path)
    return groups


def _reclaimable(folder: Path, *, is_second: bool) -> int:
    name = "inactive_file" if is_second else "total_inactive_file"
    for line in _lines(folder / "memory.stat"):
        words = line.split()
        if len(words) == 2 and words[0] == name and words[1].isdecimal():
            return int(words[1])
    return 0


def _left_of_address_space(root: Path) -> Iterator[int]:
    """Yield what a limit on the address space leaves, where the system has one."""
    with suppress(ImportError, OSError, ValueError, IndexError):
        import resource

        limit = resource.getrlimit(resource.RLIMIT_AS)[0]
        if limit != resource.RLIM_INFINITY:
            pages = int(_lines(root / "proc/self/statm")[0].split()[0])
            yield limit - pages * resource.getpagesize()


def _meminfo_available(root: Path) -> int | None:
    for line in _lines(root / "proc/meminfo"):
        words = line.split()
        if words[:1] == ["MemAvailable:"] and words[1:2] and words[1].isdecimal():
            return int(words[1]) * 1024
    return None


def _physical() -> int | None:
    try:
        return int(os.sysconf("SC_PAGE_SIZE")) * int(os.sysconf("SC_PHYS_PAGES"))
    except (AttributeError, OSError, ValueError):
        return None


def _read_int(path: Path) -> int | None:
    """Return the number in a file; None where there is none, as in one that says ``max``."""
    try:
        return int("".join(_lines(path)))
    except ValueError:
        return None


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []


def _unescaped(text: str) -> str:
    r"""Return a path of mountinfo, in which blanks are ``\040``."""
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\")
