"""The document of a project: scene, photos, classes, settings, and how far the history is.

It is one row of JSON in ``project.sqlite``. Format 4, the present one::

    {"format": 4, "number": 17, "saved": "2025-11-23T14:02:11+00:00", "program": "0.1.0",
     "scene": {"name", "path", "points", "cloud": fingerprint of the points},
     "photos": [{"name", "shape": [H, W], "checksum", "painted": true}, ...],
     "classes": [{"id", "name", "color": [r, g, b]}, ...], "hidden": [ids], "locked": [ids],
     "settings": {...}, "layer": true, "fused_shown": false, "fusion": 3, "heirs": {"5": 2},
     "done": [edits], "undone": [edits], "kept": 1204}

``photos`` lists all photos of the scene in its order; a checksum is "" until the photo is painted.
``layer`` says whether points have labels of their own. ``number`` counts the times that it was
written. ``fusion`` is the number of the fused layer, ``heirs`` says which classes were merged or
removed since, and into what. ``done`` and ``undone`` are edits that can be undone and redone, and
``kept`` is the last edit that an older copy knows.

Formats 1 to 3 were a file ``project.json`` in a folder of files: ``photos`` had ``"mask":
"masks/a.png"`` or null, and the last keys were absent. In format 1 ``photos`` were names alone,
masks stood in ``"masks": {name: file}``, and there was neither ``hidden``, ``locked`` nor
``fused_shown``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.errors import FormatError, ProjectError
from o3d_paint.io.json_file import item, read_json
from o3d_paint.project.codec import taxonomy_from_json, taxonomy_to_json
from o3d_paint.project.database import FORMAT

__all__ = ["Document", "PhotoEntry", "document_from_json", "read_old_document"]

_MOST_STATES = 10**12


@dataclass(frozen=True, slots=True)
class PhotoEntry:
    """One photo, as the project knew it.

    Attributes:
        name: Of the frame.
        shape: (H, W) of its mask; (0, 0) where format 1 did not say.
        checksum: Of the photo, "" where unknown.
        painted: Whether it has a mask.
        file: Of its mask within a folder of formats 1 to 3, "" in the present one.
    """

    name: str
    shape: tuple[int, int]
    checksum: str
    painted: bool
    file: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What a project says of itself; see the module."""

    number: int
    saved: str
    program: str
    scene_name: str
    scene_path: str
    num_points: int
    cloud: str
    photos: tuple[PhotoEntry, ...]
    taxonomy: Taxonomy
    hidden: tuple[int, ...] = ()
    locked: tuple[int, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict)
    layer: bool = False
    fused_shown: bool = False
    fusion: int = 0
    heirs: dict[int, int] = field(default_factory=dict)
    done: tuple[int, ...] = ()
    undone: tuple[int, ...] = ()
    kept: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return plain values in the present format."""
        return {
            "format": FORMAT,
            "number": self.number,
            "saved": self.saved,
            "program": self.program,
            "scene": {
                "name": self.scene_name,
                "path": self.scene_path,
                "points": self.num_points,
                "cloud": self.cloud,
            },
            "photos": [
                {
                    "name": p.name,
                    "shape": list(p.shape),
                    "checksum": p.checksum,
                    "painted": p.painted,
                }
                for p in self.photos
            ],
            "classes": taxonomy_to_json(self.taxonomy),
            "hidden": list(self.hidden),
            "locked": list(self.locked),
            "settings": self.settings,
            "layer": self.layer,
            "fused_shown": self.fused_shown,
            "fusion": self.fusion,
            "heirs": {str(gone): heir for gone, heir in self.heirs.items()},
            "done": list(self.done),
            "undone": list(self.undone),
            "kept": self.kept,
        }


def read_old_document(path: Path) -> Document:
    """Read ``project.json`` of formats 1 to 3.

    Raises:
        FormatError: It is damaged.
        ProjectError: A newer version of the program wrote it.
    """
    return document_from_json(read_json(path), str(path))


def document_from_json(value: Any, where: str) -> Document:
    """Return the document in plain values; see `read_old_document`."""
    version = item(value, "format", int, where)
    if version > FORMAT:
        msg = (
            f"{where} has format {version}, and this version of O3D Paint knows up to {FORMAT}:"
            " open it with the newer version that wrote it"
        )
        raise ProjectError(msg)
    if version < 1:
        msg = f"format {version} of {where} does not exist: expected 1 to {FORMAT}"
        raise FormatError(msg)
    for step in range(version, FORMAT):
        value = _UPGRADES[step](value, where)
    return _parsed(value, where)


def _parsed(value: Any, where: str) -> Document:
    scene = item(value, "scene", dict, where)
    photos = tuple(_photo(entry, where) for entry in item(value, "photos", list, where))
    try:
        taxonomy = taxonomy_from_json(item(value, "classes", list, where))
    except (KeyError, TypeError, ValueError) as error:
        msg = f"'classes' of {where} cannot be read ({error}): expected id, name and color"
        raise FormatError(msg) from error
    number = item(value, "number", int, where)
    if not 0 <= number < _MOST_STATES:
        msg = f"'number' of {where} counts the saved states: it cannot be {str(number)[:20]}"
        raise FormatError(msg)
    return Document(
        number=number,
        saved=item(value, "saved", str, where),
        program=item(value, "program", str, where),
        scene_name=item(scene, "name", str, where),
        scene_path=item(scene, "path", str, where),
        num_points=item(scene, "points", int, where),
        cloud=item(scene, "cloud", str, where),
        photos=photos,
        taxonomy=taxonomy,
        hidden=_ids(value, "hidden", where),
        locked=_ids(value, "locked", where),
        settings=item(value, "settings", dict, where),
        layer=item(value, "layer", bool, where),
        fused_shown=item(value, "fused_shown", bool, where),
        fusion=item(value, "fusion", int, where),
        heirs=_heirs(item(value, "heirs", dict, where)),
        done=_ids(value, "done", where),
        undone=_ids(value, "undone", where),
        kept=item(value, "kept", int, where),
    )


def _heirs(value: dict[str, Any]) -> dict[int, int]:
    known = {gone: heir for gone, heir in value.items() if isinstance(heir, int)}
    return {int(gone): heir for gone, heir in known.items() if gone.isascii() and gone.isdigit()}


def _photo(entry: Any, where: str) -> PhotoEntry:
    where = f"photo of {where}"
    shape = item(entry, "shape", list, where)
    if len(shape) != 2 or not all(isinstance(v, int) and v >= 0 for v in shape):
        msg = f"'shape' of {where} must be two whole numbers, found {shape}"
        raise FormatError(msg)
    mask = item(entry, "mask", (str, type(None)), where) if "mask" in entry else None
    if mask is not None and (mask != f"masks/{Path(mask).name}" or Path(mask).suffix != ".png"):
        msg = f"'mask' of {where} must be a PNG file in masks/, found {mask!r}"
        raise FormatError(msg)
    return PhotoEntry(
        name=item(entry, "name", str, where),
        shape=(shape[0], shape[1]),
        checksum=item(entry, "checksum", str, where),
        painted=mask is not None if "mask" in entry else item(entry, "painted", bool, where),
        file=mask or "",
    )


def _ids(value: Any, key: str, where: str) -> tuple[int, ...]:
    return tuple(int(v) for v in item(value, key, list, where) if isinstance(v, int))


def _from_1(value: Any, where: str) -> dict[str, Any]:
    """Bring format 1 to format 2: masks by photo name become entries without checksums."""
    masks = item(value, "masks", dict, where)
    photos = [
        {"name": name, "shape": [0, 0], "checksum": "", "mask": masks.get(name)}
        for name in item(value, "photos", list, where)
    ]
    return {"fused_shown": False, "hidden": [], "locked": [], **value, "photos": photos}


def _from_2(value: Any, _where: str) -> dict[str, Any]:
    """Bring format 2 to format 3, which differs in other files: they may hold what 2 lacked."""
    return dict(value)


def _from_3(value: Any, _where: str) -> dict[str, Any]:
    """Bring format 3 to format 4: the history stood in files of its own."""
    return {"fusion": 0, "heirs": {}, "done": [], "undone": [], "kept": 0, **value}


_UPGRADES: dict[int, Callable[[Any, str], dict[str, Any]]] = {
    1: _from_1,
    2: _from_2,
    3: _from_3,
}
