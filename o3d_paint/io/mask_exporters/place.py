"""Where masks go: the folder or file that a user means, and what lies there already."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from o3d_paint.errors import StorageError
from o3d_paint.io.images import PHOTO_SUFFIXES
from o3d_paint.io.mask_exporters.source import MaskWriter
from o3d_paint.io.project_folders import refuse_inside_project
from o3d_paint.io.store import make_folder

__all__ = ["left_beside", "made_or_taken_back", "place_of", "refuse_masks_read"]

_FOLDERS_INSIDE = (
    "images/train",
    "images/val",
    "labels/train",
    "labels/val",
    "images",
    "labels",
    "photos",
)
_FILE_ENDINGS = (".json", ".zip", ".png", ".txt", ".yaml", ".npy", ".npz")
_MEANT = {".json": " or --format coco", ".zip": " or --format cvat"}
_SHOWN = 3


def place_of(target: Path, writer: MaskWriter) -> Path:
    """Return the folder or file to write to; nothing is made yet.

    Args:
        target: What the user named.
        writer: The format; its one file goes into a folder under its own name.

    Raises:
        StorageError: It is a project's own folder, or a file's name where a folder is written,
            or the other way round.
    """
    is_file = _is_file(target, writer)
    folder = target.parent if is_file else target
    refuse_inside_project(folder)
    if is_file and target.is_dir():
        msg = f"{target} is a folder that is there already: remove it or choose another name"
        raise StorageError(msg)
    ending = target.suffix.lower()
    if not is_file and not target.is_dir() and ending in _FILE_ENDINGS:
        wanted = "a folder" if writer.file_name is None else f"{writer.file_name} into a folder"
        msg = f"{target} is the name of a file, but this format ({writer.title}) writes {wanted}"
        raise StorageError(f"{msg}: choose another name{_MEANT.get(ending, '')}")
    return target if is_file or writer.file_name is None else target / writer.file_name


def refuse_masks_read(place: Path, masks_read: Sequence[Path], *, is_folder: bool) -> None:
    """Refuse to write masks where those lie that the labels come from.

    Args:
        place: The folder or file that is written.
        masks_read: Files and folders.
        is_folder: Whether ``place`` is a folder.

    Raises:
        StorageError: It is among them, or within one.
    """
    folder = (place if is_folder else place.parent).resolve()
    for source in masks_read:
        read = source.resolve()
        if not (place.resolve() == read or (source.is_dir() and folder.is_relative_to(read))):
            continue
        what = f"{source} holds" if source.is_dir() else f"{source} is"
        msg = f"{what} the masks that the labels come from: choose another folder"
        raise StorageError(msg)


@contextmanager
def made_or_taken_back(folder: Path) -> Iterator[None]:
    """Make a folder; where the block fails, folders that were not there and are empty go again.

    Raises:
        StorageError: It cannot be made.
    """
    inside = [folder / name for name in _FOLDERS_INSIDE]
    missing = [f for f in (*inside, folder, *folder.parents) if not f.exists()]
    try:
        make_folder(folder)
        yield
    except BaseException:
        for made in missing:
            with suppress(OSError):  # not made, or something is in it
                os.rmdir(made)
        raise


def left_beside(
    folder: Path, stems: Sequence[str], written: Sequence[Path], others: Sequence[str]
) -> list[str]:
    """Return a sentence about masks of another kind in a folder that was written to.

    Args:
        folder: The folder that the user named.
        stems: Names of the photos without ending.
        written: What was written now.
        others: Files of the other formats.
    """
    mine = {p.name for p in written if p.parent == folder}
    pictures = {f"{stem}{suffix}" for stem in stems for suffix in (*PHOTO_SUFFIXES, ".npy")}
    present = sorted(f.name for f in folder.iterdir() if f.is_file())
    left = [n for n in present if n not in mine and (n in pictures or n in others)]
    if not left:
        return []
    names = ", ".join(left[:_SHOWN]) + (" …" if len(left) > _SHOWN else "")
    return [
        f"{folder} still holds {names} from before: what reads the whole folder may take those"
        " for masks, too; remove them or choose an empty folder."
    ]


def _is_file(target: Path, writer: MaskWriter) -> bool:
    if writer.file_name is None:
        return False
    return target.suffix.lower() == Path(writer.file_name).suffix
