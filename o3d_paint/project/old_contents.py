"""The table of contents of a folder of formats 1 to 3, found again where it was lost."""

from __future__ import annotations

from dataclasses import replace

from o3d_paint.core.scene import Scene
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import FormatError, PaintError, TaxonomyError
from o3d_paint.project.document import Document, PhotoEntry, read_old_document
from o3d_paint.project.fingerprint import cloud_fingerprint
from o3d_paint.project.loaded import Loaded
from o3d_paint.project.mask_file import photo_of_mask
from o3d_paint.project.old_layout import OldLayout, mask_names

__all__ = ["find_document"]


def find_document(layout: OldLayout, scene: Scene, loaded: Loaded) -> Document:
    """Return the table of contents of a folder, or one put together from what else there is.

    Raises:
        ProjectError: A newer version of the program wrote it.
    """
    has_masks = any(layout.masks.glob("*.png"))
    try:
        return read_old_document(layout.document)
    except (FormatError, TaxonomyError) as error:
        is_lost = not layout.document.exists()
        if is_lost and not has_masks and not layout.state_numbers():
            # The very first checkpoint did not come to its end; the journal holds everything.
            return _improvised(layout, scene, loaded.taxonomy)
        loaded.messages.append(f"{error}; masks and journals were read without it")
    for number in reversed(layout.state_numbers()):
        try:
            document = read_old_document(layout.state(number).document)
        except PaintError:
            continue
        loaded.messages.append(f"classes and settings are those of {document.saved}")
        return _with_present_masks(layout, document)
    loaded.messages.append("the list of classes is lost as well: the default one is used")
    return _improvised(layout, scene, loaded.taxonomy)


def _with_present_masks(layout: OldLayout, document: Document) -> Document:
    """Return an older table of contents with the masks that are there now."""
    names = mask_names([p.name for p in document.photos])
    photos = tuple(
        _entry(layout, entry.name, entry.shape, file_name=name, checksum=entry.checksum)
        for entry, name in zip(document.photos, names, strict=True)
    )
    return replace(document, number=0, photos=photos)


def _improvised(layout: OldLayout, scene: Scene, taxonomy: Taxonomy) -> Document:
    """Return a table of contents from the names of the files and what they say of themselves."""
    names = mask_names([f.name for f in scene.frames])
    photos = tuple(
        _entry(layout, frame.name, frame.mask_shape, file_name=name, checksum="")
        for frame, name in zip(scene.frames, names, strict=True)
    )
    return Document(
        number=0,
        saved="",
        program="",
        scene_name=scene.name,
        scene_path="",
        num_points=len(scene.cloud),
        cloud=cloud_fingerprint(scene.cloud),
        photos=photos,
        taxonomy=taxonomy,
    )


def _entry(
    layout: OldLayout, name: str, shape: tuple[int, int], *, file_name: str, checksum: str
) -> PhotoEntry:
    """Return the entry of a photo; the mask's own word on its photo counts before another's."""
    path = layout.masks / file_name
    if not path.exists():
        return PhotoEntry(name, shape, checksum, painted=False)
    try:
        own = photo_of_mask(path)
    except FormatError:
        own = ""
    return PhotoEntry(name, shape, own or checksum, painted=True, file=f"masks/{file_name}")
