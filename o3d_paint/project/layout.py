"""Where a project's folder is, and what its files are called."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from o3d_paint.errors import StorageError
from o3d_paint.folders import data_folder
from o3d_paint.io.files import is_link, leads_out
from o3d_paint.io.store import make_folder

__all__ = ["Layout", "is_project", "mask_names", "now_text", "project_folder"]

SUFFIX = ".o3dpaint"
_MAX_NAME_BYTES = 120


@dataclass(frozen=True, slots=True)
class Layout:
    """Names inside a project folder.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def document(self) -> Path:
        """Table of contents."""
        return self.root / "project.json"

    @property
    def masks(self) -> Path:
        """Folder of masks."""
        return self.root / "masks"

    @property
    def layer(self) -> Path:
        """Labels laid on points, and predictions accepted for them."""
        return self.root / "cloud_layer.npz"

    @property
    def fused(self) -> Path:
        """The fused layer."""
        return self.root / "fused.npz"

    @property
    def journals(self) -> Path:
        """Folder of journals."""
        return self.root / "journal"

    @property
    def states(self) -> Path:
        """Folder of earlier states."""
        return self.root / "states"

    @property
    def aside(self) -> Path:
        """Folder of what was damaged or no longer fits; never read, never deleted."""
        return self.root / "aside"

    def journal(self, number: int) -> Path:
        """Journal of what came after a checkpoint."""
        return self.journals / f"{number:08d}.journal"

    def history(self, number: int) -> Path:
        """Undo history as of a checkpoint."""
        return self.root / f"history-{number:08d}.records"

    def journal_numbers(self) -> list[int]:
        """Return the numbers of all journals, ascending."""
        return _numbers(self.journals, ".journal", "")

    def history_numbers(self) -> list[int]:
        """Return the numbers of all history files, ascending."""
        return _numbers(self.root, ".records", "history-")

    def state_numbers(self) -> list[int]:
        """Return the numbers of all kept states, ascending."""
        return _numbers(self.states, "", "")

    def set_aside(self, path: Path, *, move: bool = True) -> Path:
        """Keep a piece under another name; returns where. Nothing is ever overwritten.

        Raises:
            OSError: It cannot be moved or copied.
        """
        folder = make_folder(self.aside)
        stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
        target = folder / f"{stamp}-{path.name}"
        count = 1
        while target.exists():
            count += 1
            target = folder / f"{stamp}-{count}-{path.name}"
        if move:
            os.replace(path, target)
        else:
            shutil.copy2(path, target)
        return target


def is_project(folder: Path) -> bool:
    """Return whether a folder holds a project."""
    return Layout(folder).document.is_file()


def project_folder(scene_path: Path, chosen: Path | None = None) -> tuple[Path, str | None]:
    """Return the folder of a scene's project, and a sentence where it is not the usual one.

    Args:
        scene_path: The scene's file or folder.
        chosen: What the user said, which counts alone.
    """
    if chosen is not None:
        return chosen, None
    scene_path = scene_path.resolve()
    beside = scene_path.with_name(scene_path.stem + SUFFIX)
    mark = hashlib.blake2b(str(scene_path).encode(errors="surrogateescape"), digest_size=5)
    elsewhere = data_folder() / "projects" / f"{scene_path.stem}-{mark.hexdigest()}{SUFFIX}"
    if is_link(beside) and leads_out(beside, beside.parent):
        note = f"{beside} is a link that leads elsewhere and is not followed: the project is kept"
        return elsewhere, f"{note} in {elsewhere} (name another with --project)"
    if _is_writable(beside if beside.is_dir() else beside.parent):
        return beside, None
    note = f"{beside.parent} is read-only: the project is kept in {elsewhere}"
    if beside.is_dir() and not elsewhere.exists():
        make_folder(elsewhere.parent)
        try:
            shutil.copytree(beside, elsewhere, ignore=_not_to_copy)
        except OSError as error:
            # What was copied would look like the whole project the next time.
            shutil.rmtree(elsewhere, ignore_errors=True)
            msg = (
                f"{beside} cannot be copied to {elsewhere} ({error}): choose another with --project"
            )
            raise StorageError(msg) from error
        note += " and begins as a copy of the one there"
    return elsewhere, note


def mask_names(photo_names: Sequence[str]) -> list[str]:
    """Return a file name for the mask of each photo: its own where that is possible.

    Names are distinct on disks that ignore case, and free of what any system forbids.
    """
    taken: set[str] = set()
    names = []
    for position, photo_name in enumerate(photo_names):
        safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", photo_name).strip(". ")
        safe = safe.encode("utf-8", "replace")[:_MAX_NAME_BYTES].decode("utf-8", "ignore")
        if not safe or safe.casefold() in taken:
            safe = f"{safe}#{position:04d}"
        taken.add(safe.casefold())
        names.append(f"{safe}.png")
    return names


def now_text() -> str:
    """Return the present time, ISO 8601, UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _numbers(folder: Path, suffix: str, prefix: str) -> list[int]:
    if is_link(folder):
        return []
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
    pattern = re.compile(re.escape(prefix) + r"(\d+)" + re.escape(suffix))
    return sorted(int(m.group(1)) for m in map(pattern.fullmatch, names) if m)


def _not_to_copy(folder: str, names: list[str]) -> set[str]:
    """Return what of a folder stays behind: who holds it, links, pipes and devices."""
    paths = {name: Path(folder, name) for name in names}
    return {n for n, p in paths.items() if n == "lock" or is_link(p) or not _is_plain(p)}


def _is_plain(path: Path) -> bool:
    return path.is_file() or path.is_dir()


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
