"""Where a project's folder is, and what its files are called."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from o3d_paint.errors import PaintError, StorageError
from o3d_paint.folders import data_folder
from o3d_paint.io.files import is_link, leads_out, reading
from o3d_paint.io.store import make_folder
from o3d_paint.project.database import NAME
from o3d_paint.project.document_in import document_in
from o3d_paint.project.noted_paths import found_again
from o3d_paint.project.old_layout import OldLayout, numbered

__all__ = ["Layout", "is_project", "now_text", "project_folder"]

SUFFIX = ".o3dpaint"
_MAX_NAME = 60


@dataclass(frozen=True, slots=True)
class Layout:
    """Names inside a project folder.

    Attributes:
        root: The folder.
    """

    root: Path

    @property
    def database(self) -> Path:
        """Everything but the fused layer and the older copies."""
        return self.root / NAME

    @property
    def fused(self) -> Path:
        """The fused layer: large, written as a whole, and can be computed anew."""
        return self.root / "fused.npz"

    @property
    def states(self) -> Path:
        """Folder of older copies of the database."""
        return self.root / "states"

    @property
    def aside(self) -> Path:
        """Folder of what was damaged or no longer fits; never read, never deleted."""
        return self.root / "aside"

    @property
    def old(self) -> OldLayout:
        """Files of formats 1 to 3 in the same folder."""
        return OldLayout(self.root)

    @property
    def original(self) -> OldLayout:
        """Where a project of formats 1 to 3 is kept as it was, once it is converted."""
        return OldLayout(self.root / "original")

    @property
    def is_old(self) -> bool:
        """Whether the folder holds a project of formats 1 to 3 that is not converted yet."""
        return not os.path.lexists(self.database) and self.old.is_there

    def state(self, number: int) -> Path:
        """Older copy of a number."""
        return self.states / f"{number:08d}.sqlite"

    def state_numbers(self) -> list[int]:
        """Return the numbers of all older copies, ascending."""
        return numbered(self.states, ".sqlite")

    def keep_original(self) -> None:
        """Move everything of formats 1 to 3 to the folder ``original``; nothing is overwritten.

        Raises:
            OSError: It cannot be moved.
        """
        files = self.old.files()
        if files:
            make_folder(self.original.root)
        for path in files:
            target = self.original.root / path.relative_to(self.root)
            if os.path.lexists(target):
                self.set_aside(path)
                continue
            make_folder(target.parent)
            os.replace(path, target)

    def set_aside(self, path: Path, *, move: bool = True) -> Path:
        """Keep a piece under another name; returns where. Nothing is ever overwritten.

        Raises:
            OSError: It cannot be moved or copied.
            StorageError: There can be no such folder.
        """
        target = self.aside_name(path.name)
        if move:
            os.replace(path, target)
        else:
            shutil.copy2(path, target)
        return target

    def aside_name(self, name: str) -> Path:
        """Return where to keep a piece, under a name that nothing has.

        Raises:
            StorageError: There can be no such folder.
        """
        folder = make_folder(self.aside)
        stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
        safe = re.sub(r'[\x00-\x1f\x7f<>:"/\\|?*]', "_", name)[-_MAX_NAME:]
        target = folder / f"{stamp}-{safe}"
        count = 1
        while os.path.lexists(target):
            count += 1
            target = folder / f"{stamp}-{count}-{safe}"
        return target


def is_project(folder: Path) -> bool:
    """Return whether a folder holds a project."""
    layout = Layout(folder)
    return layout.database.is_file() or layout.old.document.is_file()


def project_folder(scene_path: Path, chosen: Path | None = None) -> tuple[Path, str | None]:
    """Return the folder of a scene's project, and a sentence where it is not the usual one.

    Args:
        scene_path: The scene's file or folder.
        chosen: What the user said, which counts alone.
    """
    if chosen is not None:
        return chosen, None
    scene_path = scene_path.resolve()
    digest = hashlib.blake2b(str(scene_path).encode(errors="surrogateescape"), digest_size=5)
    mark = digest.hexdigest()
    elsewhere = data_folder() / "projects" / f"{scene_path.stem}-{mark}{SUFFIX}"
    beside, of_another = _folder_beside(scene_path, mark)
    if is_link(beside) and leads_out(beside, beside.parent):
        note = f"{beside} is a link that leads elsewhere and is not followed: the project is kept"
        return elsewhere, f"{note} in {elsewhere} (name another with --project)"
    if _is_writable(beside if beside.is_dir() else beside.parent):
        return beside, of_another
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


def _folder_beside(scene_path: Path, mark: str) -> tuple[Path, str | None]:
    """Return the folder beside a scene that is for it, and a sentence where that is not the usual.

    Two scenes may have names that differ in their endings only: a folder and what was made of it.
    """
    usual = scene_path.with_name(scene_path.stem + SUFFIX)
    names = (scene_path.stem, scene_path.name, f"{scene_path.stem}-{mark}")
    folders = list(dict.fromkeys(scene_path.with_name(name + SUFFIX) for name in names))
    others = {folder: _scene_of(folder) for folder in folders}
    own = [f for f in folders if (o := others[f]) is not None and _is_same(o, scene_path)]
    free = [f for f in folders if others[f] is None]
    chosen = (own or free or folders[-1:])[0]
    if chosen == usual:
        return usual, None
    return chosen, (
        f"{usual} is the project of {others[usual]}: that of this scene is kept in {chosen}"
        if others[usual] is not None
        else f"the project of this scene is kept in {chosen}"
    )


def _scene_of(folder: Path) -> Path | None:
    """Return the scene that the project in a folder notes, if there is one that is still there."""
    with suppress(PaintError, OSError):
        if not is_link(folder) and is_project(folder):
            with reading(folder):
                return found_again(document_in(folder).scene_path, folder)
    return None


def _is_same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False


def now_text() -> str:
    """Return the present time, ISO 8601, UTC."""
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")


def _not_to_copy(folder: str, names: list[str]) -> set[str]:
    """Return what of a folder stays behind: who holds it, links, pipes and devices."""
    paths = {name: Path(folder, name) for name in names}
    return {n for n, p in paths.items() if n == "lock" or is_link(p) or not _is_plain(p)}


def _is_plain(path: Path) -> bool:
    return path.is_file() or path.is_dir()


def _is_writable(folder: Path) -> bool:
    return os.access(folder, os.W_OK | os.X_OK)
