"""Which reader takes a file or folder of masks, decided by looking at what is inside."""

from __future__ import annotations

import re
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import takewhile
from pathlib import Path, PurePosixPath
from typing import Any

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file
from o3d_paint.io.findings import Findings
from o3d_paint.io.images import PHOTO_SUFFIXES
from o3d_paint.io.json_file import parse_json, read_json
from o3d_paint.io.mask_formats import (
    coco,
    coco_panoptic,
    cvat,
    cvat_images,
    grounded_sam,
    label_studio,
    label_studio_json,
    labelme,
    object_folders,
    pictures,
    sam,
    stacks,
    supervisely,
    yolo,
)
from o3d_paint.io.mask_formats.class_table import TABLE_NAMES, class_table
from o3d_paint.io.mask_formats.files import (
    ArchiveFiles,
    FolderFiles,
    MaskFiles,
    parent_of,
    suffix_of,
)
from o3d_paint.io.mask_formats.joining import joined_sets, with_table
from o3d_paint.io.mask_formats.mask_set import MaskSet

__all__ = ["JSON_FORMATS", "read_masks"]

JSON_FORMATS: dict[str, tuple[Callable[[Any], bool], Callable[[Any, Path], MaskSet]]] = {
    "coco-panoptic": (coco_panoptic.matches, coco_panoptic.read),
    "coco": (coco.matches, coco.read),
    "grounded-sam": (grounded_sam.matches, grounded_sam.read),
    "label-studio": (label_studio_json.matches, label_studio_json.read),
    "supervisely": (supervisely.matches, supervisely.read),
    "labelme": (labelme.matches, labelme.read),
    "sam": (sam.matches, sam.read),
}
"""JSON formats: how each is recognised, and its reader."""

FOLDER_FORMATS: dict[str, tuple[Callable[[MaskFiles], bool], Callable[[MaskFiles], MaskSet]]] = {
    "cvat-mask": (lambda files: cvat.matches(files.names), cvat.read),
    "cvat-images": (lambda files: cvat_images.document_of(files) is not None, cvat_images.read),
    "yolo": (yolo.matches, yolo.read),
    "object-folders": (object_folders.matches, object_folders.read),
}
"""Formats of several files, in a folder or an archive; the first that knows them reads them."""

_ADVICE = {
    ".xml": "XML that is not CVAT's «CVAT for images»: export masks rather than boxes",
    ".txt": "text that is no outlines of YOLO: export segmentation rather than boxes",
}
"""What to do about files that people give for masks, by their ending."""
_ARRAYS = (".npy", ".npz")
_READABLE = (*PHOTO_SUFFIXES, *_ARRAYS, ".json")
# Lists of classes and of colours.
_OF_SUPERVISELY = ("meta.json", "obj_class_to_machine_color.json")
# Folders of tools' exports that hold masks, the likeliest first, and those that hold photos.
_OF_MASKS = (
    "segmentationclasspng", "segmentationclass", "annotations", "gtfine", "gtcoarse", "masks",
    "mask", "ann", "labels", "segmentation", "segmentations",
)  # fmt: skip
_OF_PHOTOS = ("images", "image", "jpegimages", "leftimg8bit", "photos", "rgb", "img", "imgs")


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
        return _read_files(_folder(source))
    if not source.is_file():
        msg = f"there are no masks {source}: check the path"
        raise FormatError(msg)
    suffix = source.suffix.lower()
    if suffix in PHOTO_SUFFIXES:
        beside = [p.name for p in (source.parent / n for n in TABLE_NAMES) if p.is_file()]
        return pictures.read(FolderFiles(source.parent, [source.name, *beside]), [source.name])
    if suffix in _ARRAYS:
        return stacks.read(source)
    with open_file(source) as file:
        is_archive = zipfile.is_zipfile(file)
    if is_archive:
        return _read_files(ArchiveFiles(source))
    if suffix in (".xml", ".txt"):
        alone = FolderFiles(source.parent, [source.name])
        known = [read for knows, read in FOLDER_FORMATS.values() if knows(alone)]
        if known:
            return known[0](alone)
    if suffix in _ADVICE:
        msg = f"{source} is {_ADVICE[suffix]}"
        raise FormatError(msg)
    return _read_document(read_json(source), source)


def _read_document(document: Any, path: Path) -> MaskSet:
    for matches, read in JSON_FORMATS.values():
        if matches(document):
            return read(document, path)
    msg = f"{path} is JSON, but of none of the known kinds: {', '.join(JSON_FORMATS)}"
    raise FormatError(msg)


def _read_files(files: MaskFiles) -> MaskSet:
    """Read an export, or one file a photo; of one kind, and what is passed over is said."""
    for knows, read in FOLDER_FORMATS.values():
        if knows(files):
            return read(files)
    findings = Findings()
    names = _of_masks(files)
    drawn = [n for n in names if suffix_of(n) in PHOTO_SUFFIXES]
    documents = [n for n in names if suffix_of(n) == ".json"]
    arrays = [n for n in names if suffix_of(n) in _ARRAYS]
    found: list[MaskSet] = []
    if documents and not (drawn and label_studio.matches(drawn)):
        found = _read_documents(files, documents, findings)
    if drawn and not (found and _are_photos_of(drawn, found)):
        if found:
            what = PurePosixPath(documents[0]).name
            findings.leave_out("file", "of other photos beside mask pictures: give it alone", what)
        found = _read_pictures(files, drawn, findings)
    elif arrays and not found:
        found = _read_arrays(files, arrays, findings)
    elif arrays:
        findings.leave_out("file", "of arrays beside other masks: give it alone", arrays[0])
    if not found:
        msg = f"{files.root} holds no masks: expected PNG, NPY or JSON files, one a photo"
        suffixes = {suffix_of(n) for n in files.names if n.rpartition("/")[2] not in TABLE_NAMES}
        advice = [f"It has {text}" for suffix, text in _ADVICE.items() if suffix in suffixes]
        raise FormatError(" ".join([f"{msg}.", *findings.sentences(), *advice]))
    whole = joined_sets(found, files.root)
    whole.findings.include(findings)
    return whole


def _folder(path: Path) -> FolderFiles:
    """Return the files of a folder; of those in it too, where no masks lie at the top."""
    if path.name == "SegmentationClass" and (path.parent / cvat.LABEL_MAP).is_file():
        return FolderFiles(path.parent)
    top = FolderFiles(path, top_only=True)
    lists = (*TABLE_NAMES, *_OF_SUPERVISELY)
    has_masks = any(suffix_of(n) in _READABLE and n not in lists for n in top.names)
    return top if has_masks else FolderFiles(path)


def _of_masks(files: MaskFiles) -> list[str]:
    """Return the files that masks can be in: those at the top, or of the folders that hold them."""
    names = [
        n
        for n in files.names
        if suffix_of(n) in _READABLE and n.rpartition("/")[2] not in TABLE_NAMES
    ]
    if any("/ann/" in f"/{n}" for n in names):
        names = [n for n in names if n.rpartition("/")[2] not in _OF_SUPERVISELY]
    while names:
        shared = _shared_folder(names)
        top = [n for n in names if parent_of(n) == shared]
        if top:
            return top
        inner = {n: n[len(shared) :].lstrip("/").partition("/")[0].casefold() for n in names}
        chosen = next((f for f in _OF_MASKS if f in inner.values()), None)
        if chosen is None:
            return [n for n in names if inner[n] not in _OF_PHOTOS] or names
        names = [n for n in names if inner[n] == chosen]
    return []


def _shared_folder(names: Sequence[str]) -> str:
    """Return the innermost folder that all names are in."""
    folders = [parent_of(n).split("/") for n in (min(names), max(names))]
    pairs = zip(*folders, strict=False)
    return "/".join(a for a, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _are_photos_of(pictures_found: Sequence[str], documents: Sequence[MaskSet]) -> bool:
    """Return whether pictures are the photos that documents beside them are about."""
    shown = {n.rpartition("/")[2].casefold() for n in pictures_found}
    meant = (re.split(r"[/\\]", m.photo)[-1] for part in documents for m in part.masks)
    return any(name.casefold() in shown for name in meant)


def _read_documents(files: MaskFiles, names: Sequence[str], findings: Findings) -> list[MaskSet]:
    """Return what JSON files hold; those of unknown kinds and damaged ones are left out.

    Raises:
        FormatError: There is one file alone, and it is left out.
    """
    found = []
    for name in names:
        where = files.where(name)
        try:
            found.append(_read_document(parse_json(files.read(name).read(), str(where)), where))
        except FormatError as error:
            if len(files.names) == 1:
                raise
            findings.leave_out("file", "without masks that can be read", str(error))
    return found


def _read_pictures(files: MaskFiles, names: Sequence[str], findings: Findings) -> list[MaskSet]:
    """Return the masks of pictures, folder by folder."""
    if label_studio.matches(names):
        return [label_studio.read(files, names)]
    folders: dict[str, list[str]] = defaultdict(list)
    for name in names:
        folders[parent_of(name)].append(name)
    kept = [pictures.masks_among(inside, findings) for inside in folders.values()]
    return [pictures.read(files, inside) for inside in kept if inside]


def _read_arrays(files: MaskFiles, names: Sequence[str], findings: Findings) -> list[MaskSet]:
    """Return the masks of NumPy's files, with the names that a list beside them gives."""
    if isinstance(files, ArchiveFiles):
        found = [stacks.read(files.root, is_folder=True)]
    else:
        found = []
        for name in names:
            try:
                found.append(stacks.read(files.root / name))
            except FormatError as error:
                if len(names) == 1:
                    raise
                findings.leave_out("file", "that cannot be read", str(error))
    table = class_table(files, parent_of(names[0]))
    return [with_table(part, table) for part in found]
