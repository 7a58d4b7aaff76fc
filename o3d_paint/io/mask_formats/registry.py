"""Which reader takes a file or folder of masks, decided by looking at what is inside."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file
from o3d_paint.io.images import PHOTO_SUFFIXES, list_files
from o3d_paint.io.json_file import parse_json, read_json
from o3d_paint.io.mask_formats import (
    coco,
    cvat,
    grounded_sam,
    label_studio,
    labelme,
    pictures,
    sam,
    stacks,
)
from o3d_paint.io.mask_formats.archive import member_names, read_member
from o3d_paint.io.mask_formats.mask_set import MaskSet

__all__ = ["JSON_FORMATS", "read_masks"]

JSON_FORMATS: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Path], MaskSet]]] = {
    "coco": (coco.matches, coco.read),
    "grounded-sam": (grounded_sam.matches, grounded_sam.read),
    "labelme": (labelme.matches, labelme.read),
    "sam": (sam.matches, sam.read),
}
"""JSON formats: how each is recognised, and its reader."""

_CLASS_TABLE = "classes.json"
_ANNOTATIONS = "annotations"  # the folder of COCO's own layout


def read_masks(path: Path | str) -> MaskSet:
    """Read masks in any known format.

    Args:
        path: A JSON, NPY, NPZ or ZIP file, a picture, or a folder of pictures, NPY or JSON files,
            or an unpacked ZIP.

    Raises:
        FormatError: Nothing of the kind is there, or it is malformed.
        SceneError: It would not fit into memory.
    """
    source = Path(path)
    if source.is_dir():
        return _read_folder(source)
    if not source.is_file():
        msg = f"there are no masks {source}: check the path"
        raise FormatError(msg)
    return _read_file(source)


def _read_file(path: Path) -> MaskSet:
    suffix = path.suffix.lower()
    if suffix in PHOTO_SUFFIXES:
        return pictures.read(path.parent, [path])
    if suffix in (".npy", ".npz"):
        return stacks.read(path)
    with open_file(path) as file:
        is_archive = zipfile.is_zipfile(file)
    if is_archive:
        names = member_names(path)
        if cvat.matches(names):
            return cvat.read(path)
        return _read_coco_archive(path, names)
    return _read_document(read_json(path), path)


def _read_coco_archive(path: Path, names: list[str]) -> MaskSet:
    """Read the COCO documents of an archive, one a subset, as annotation tools export them."""
    members = [n for n in names if n.startswith(f"{_ANNOTATIONS}/") and n.endswith(".json")]
    if not members:
        msg = (
            f"{path} is an archive without {'labelmap.txt'!r} and SegmentationClass, and without"
            f" {_ANNOTATIONS}/*.json: from CVAT, export as «Segmentation mask 1.1» or «COCO 1.0»"
        )
        raise FormatError(msg)
    parts = []
    for member in members:
        where = Path(f"{path}:{member}")
        parts.append(
            _read_document(parse_json(read_member(path, member).read(), str(where)), where)
        )
    return parts[0] if len(parts) == 1 else _merged(parts, path)


def _read_document(document: Any, path: Path) -> MaskSet:
    for matches, read in JSON_FORMATS.values():
        if matches(document):
            return read(document, path)
    msg = f"{path} is JSON, but of none of the known kinds: {', '.join(JSON_FORMATS)}"
    raise FormatError(msg)


def _read_folder(folder: Path) -> MaskSet:
    """Read one file a photo; a folder of one kind only, so that nothing is passed over."""
    export = cvat.folder_of(folder)
    if export is not None:
        return cvat.read_folder(export)
    found = list_files(folder, PHOTO_SUFFIXES)
    documents = [p for p in list_files(folder, (".json",)) if p.name != _CLASS_TABLE]
    if found and documents and labelme.is_of_one_of(documents[0], found):
        return _merged([_read_file(p) for p in documents], folder)
    if label_studio.matches([p.name for p in found]):
        return label_studio.read(found)
    if found:
        return pictures.read(folder, found)
    inner = folder / _ANNOTATIONS
    if inner.is_dir() and list_files(inner, (".json",)):
        return _read_folder(inner)
    for suffix in (".npy", ".json"):
        files = [p for p in list_files(folder, (suffix,)) if p.name != _CLASS_TABLE]
        if files:
            masks = _merged([_read_file(p) for p in files], folder)
            if masks.names or suffix != ".npy":
                return masks
            names, colors = pictures.class_table(folder)
            return replace(masks, names=names, colors=colors)
    msg = f"{folder} holds no masks: expected PNG, NPY or JSON files, one a photo"
    raise FormatError(msg)


def _merged(parts: list[MaskSet], folder: Path) -> MaskSet:
    """Join files of one photo each; classes of the same name get one id."""
    if any(p.is_in_order or p.has_classes != parts[0].has_classes for p in parts):
        msg = f"{folder} mixes stacks of several photos with others: give one kind at a time"
        raise FormatError(msg)
    if not any(p.names for p in parts):
        masks = tuple(m for p in parts for m in p.masks)
        return MaskSet(parts[0].format, masks, has_classes=parts[0].has_classes)
    all_names = sorted({name for p in parts for name in p.names.values()})
    ids = {name: i for i, name in enumerate(all_names, start=1)}
    masks = tuple(
        mask.renumbered({old: ids[name] for old, name in part.names.items()})
        for part in parts
        for mask in part.masks
    )
    return MaskSet(parts[0].format, masks, {i: name for name, i in ids.items()})
