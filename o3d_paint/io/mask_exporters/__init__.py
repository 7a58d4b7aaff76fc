"""Every way to write a mask for every photo, as one table: a training set from a labelled scene."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.consistency import suggested_tolerance
from o3d_paint.core.scene import Scene
from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.exporters.labelled import LabelledScene
from o3d_paint.io.images import FilePhoto
from o3d_paint.io.mask_exporters.coco import write_coco
from o3d_paint.io.mask_exporters.cvat import write_cvat
from o3d_paint.io.mask_exporters.place import (
    left_beside,
    made_or_taken_back,
    place_of,
    refuse_masks_read,
)
from o3d_paint.io.mask_exporters.png import write_png
from o3d_paint.io.mask_exporters.source import (
    MaskOptions,
    MaskSource,
    MaskWriter,
    Progress,
    Written,
    file_stems,
)
from o3d_paint.io.mask_exporters.yolo import write_yolo
from o3d_paint.io.orientation import AS_IT_LIES, other_turn

__all__ = [
    "MASK_WRITERS",
    "MaskOptions",
    "MaskSource",
    "MaskWriter",
    "Written",
    "check_mask_target",
    "drawn_mask",
    "write_masks",
]

MASK_WRITERS: dict[str, MaskWriter] = {
    "png": MaskWriter("an indexed PNG for every photo", None, write_png),
    "coco": MaskWriter("COCO annotations", "annotations.json", write_coco),
    "cvat": MaskWriter("CVAT «Segmentation mask 1.1»", "cvat_masks.zip", write_cvat),
    "yolo": MaskWriter("data set for YOLO segmentation", None, write_yolo),
}
"""By the name that a user gives."""

_OF_FOLDERS = ("data.yaml", *(w.file_name for w in MASK_WRITERS.values() if w.file_name))


def write_masks(
    labelled: LabelledScene,
    target: Path | str,
    format_name: str = "png",
    *,
    painted: Mapping[int, IdArray] | None = None,
    photos: bool = False,
    min_region: int | None = None,
    inputs: Sequence[Path] = (),
    masks_read: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Written:
    """Write the mask of every photo, painted or not, from the labels of the cloud.

    Args:
        labelled: Cloud, photos and labels.
        target: A folder; or the file itself, where the format is one file.
        format_name: A name of `MASK_WRITERS`.
        painted: (H, W) ids by position of the photo that go before what the cloud says.
        photos: Writes the photos as well.
        min_region: Pixels that a region has at least in YOLO's data sets; None for one in 20,000
            of the photo's pixels, 0 for all regions.
        inputs: Files that must never be written over; the photos never are.
        masks_read: Files and folders of masks that the labels come from; nothing is written into
            the folders either.
        progress: Told how far it is; may raise to cancel.

    Raises:
        FormatError: There is no such format.
        SceneError: The scene has no photos.
        StorageError: Something cannot be written, or the folder is a project's own.
    """
    writer = MASK_WRITERS.get(format_name)
    if writer is None:
        msg = f"there is no mask format {format_name!r}: use one of {', '.join(MASK_WRITERS)}"
        raise FormatError(msg)
    if not labelled.scene.frames:
        msg = f"{labelled.scene.name} has no photos to draw masks for: export the cloud instead"
        raise SceneError(msg)
    options = MaskOptions(
        photos=photos,
        min_region=min_region,
        inputs=(*inputs, *masks_read, *map(Path, labelled.scene.sources), *_photo_files(labelled)),
        progress=progress,
    )
    check_mask_target(Path(target), format_name, masks_read)
    place = place_of(Path(target), writer)
    is_folder = place != Path(target) or writer.file_name is None
    with made_or_taken_back(Path(target) if is_folder else place.parent):
        source = _source(labelled, painted or {})
        done = writer.write(source, place, options)
    done = Written(done.paths, (*done.notes, *([] if photos else _way_up(labelled.scene))))
    if not is_folder:
        return done
    left = left_beside(Path(target), source.stems, done.paths, _OF_FOLDERS)
    return Written(done.paths, (*done.notes, *left))


def drawn_mask(
    labelled: LabelledScene, frame_idx: int, *, painted: Mapping[int, IdArray] | None = None
) -> IdArray:
    """Return the (H, W) class ids that the cloud shows in a photo, 0 where nothing is known.

    Args:
        labelled: Cloud, photos and labels.
        frame_idx: The photo.
        painted: (H, W) ids by position of the photo that go before what the cloud says.
    """
    return _source(labelled, painted or {}).mask(frame_idx)


def check_mask_target(target: Path, format_name: str, masks_read: Sequence[Path] = ()) -> None:
    """Refuse a place that masks of a format cannot go to, before anything long is begun.

    Args:
        target: What the user named.
        format_name: A name of `MASK_WRITERS`.
        masks_read: Files and folders of masks that the labels come from.

    Raises:
        StorageError: The sentence about it.
    """
    place = place_of(target, MASK_WRITERS[format_name])
    refuse_masks_read(place, masks_read, is_folder=MASK_WRITERS[format_name].file_name is None)


def _source(labelled: LabelledScene, painted: Mapping[int, IdArray]) -> MaskSource:
    """Return the masks with a class for every id that occurs."""
    used = {int(i) for i in np.flatnonzero(np.bincount(labelled.labels))}
    for mask in painted.values():
        used |= {int(i) for i in np.flatnonzero(np.bincount(mask.ravel()))}
    taxonomy = labelled.taxonomy.completed(used)
    return MaskSource(
        replace(labelled, taxonomy=taxonomy),
        taxonomy,
        painted,
        suggested_tolerance(labelled.scene),
        file_stems([f.name for f in labelled.scene.frames]),
    )


def _way_up(scene: Scene) -> list[str]:
    """Say how masks lie whose photos other programs may show turned."""
    count = sum(other_turn(f.photo) != AS_IT_LIES for f in scene.frames)
    if not count:
        return []
    return [
        f"{count} photos have an EXIF orientation: masks lie as the scene's photos do, and programs"
        " that show the originals the other way need the photos of --photos beside them."
    ]


def _photo_files(labelled: LabelledScene) -> list[Path]:
    photos = [f.photo for f in labelled.scene.frames]
    return [p.path for p in photos if isinstance(p, FilePhoto)]
