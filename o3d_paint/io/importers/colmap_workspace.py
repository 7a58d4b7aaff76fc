"""What else lies in a COLMAP workspace: the photos, other models, depth maps of another model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from o3d_paint.errors import FormatError, SceneError
from o3d_paint.io.files import open_file, open_text
from o3d_paint.io.images import PHOTO_SUFFIXES
from o3d_paint.io.importers.colmap_model import DEPTH_MAPS, is_model, suffix_of
from o3d_paint.io.importers.left_out import unposed

__all__ = ["chosen_model", "photo_folder", "what_lies_beside"]

_NAMED = 5
# Where `automatic_reconstructor` and the usual scripts put them, below a workspace.
_DEPTH_PLACES = (".", "dense", "dense/*", "*", "*/*")
_LEVELS_UP = 3
# Files beyond this many are not counted: a wrong folder may hold anything.
_MOST_FILES = 100_000


def chosen_model(path: Path, model: Path, number: int | None) -> Path:
    """Return the model to read among those that COLMAP numbered, not by size.

    Args:
        path: What the user gave.
        model: The folder that was found there.
        number: Which one the user wants; None takes the one with most photos, the given one where
            the user gave a model's own folder.

    Raises:
        SceneError: There is none of that number.
    """
    found = _numbered(path, model)
    if number is not None:
        if number not in found:
            known = ", ".join(str(n) for n in sorted(found)) or "none with a number"
            msg = f"{path} has no model {number}: choose one of {known}"
            raise SceneError(msg)
        return found[number]
    if path.resolve() == model.resolve() or model not in found.values():
        return model
    return max(sorted(found.items()), key=lambda entry: _photos_of(entry[1]) or 0)[1]


def _numbered(path: Path, model: Path) -> dict[int, Path]:
    """Return the numbered models beside the one that was found, or in the folder itself."""
    folders = _folders(model.parent) if model.name.isdecimal() else _folders(path / "sparse")
    return {int(f.name): f for f in folders if f.name.isdecimal() and is_model(f)}


def photo_folder(path: Path, model: Path) -> Path:
    """Return the images folder nearest to a model.

    Args:
        path: What the user gave: a workspace, or the model's own folder.
        model: The folder with cameras and images.

    Raises:
        SceneError: There is none up to the workspace.
    """
    top, start = path.resolve(), model.resolve()
    within = [start, *start.parents]
    end = within.index(top) + 1 if top in within else 1
    # Who gives a model's own folder leaves the workspace to be found; above one lies "images" too.
    for folder in within[: max(end + 1, _LEVELS_UP if top == start else 0)]:
        if (folder / "images").is_dir():
            return folder / "images"
    msg = f"{path} has no folder {'images'!r}: give the photos' folder with --images DIR"
    raise SceneError(msg)


def what_lies_beside(
    path: Path, model: Path, photos: Path, names: Sequence[str], depths: Path | None
) -> list[str]:
    """Return a sentence for each thing that the user may not know is not taken.

    Args:
        path: What the user gave.
        model: The folder of the model that is read.
        photos: Folder of its photos.
        names: Of the photos in the model.
        depths: Folder of its depth maps, if it has any.
    """
    return [
        *_sparse_model_passed_over(path, model, depths),
        *_other_models(model),
        *_depth_maps_elsewhere(path, model, depths),
        *_photos_without_pose(photos, names),
    ]


def _other_models(model: Path) -> list[str]:
    """Say which models lie beside the one that is read; COLMAP numbers them, not by size."""
    beside = sorted(p for p in _folders(model.resolve().parent) if p != model.resolve())
    found = [(p, count) for p in beside if (count := _photos_of(p)) is not None]
    if not found:
        return []
    listed = ", ".join(f"{p} ({count} photos)" for p, count in found[:_NAMED])
    more = " …" if len(found) > _NAMED else ""
    if len(found) == 1:
        return [f"Another model lies beside it: {listed}; give its folder, or --model, to open it."]
    others = f"{len(found)} other models lie beside it: {listed}{more}"
    return [f"{others}; give a folder, or --model, to open one."]


def _sparse_model_passed_over(path: Path, model: Path, depths: Path | None) -> list[str]:
    """Say that a dense workspace is taken where a sparse model lies in the folder too."""
    sparse = next((p for p in (path / "sparse", path / "sparse" / "0") if is_model(p)), None)
    if depths is None or sparse is None or sparse.resolve() == model.resolve():
        return []
    return [
        f"The dense workspace {depths.parent.parent} is taken for its depth maps and undistorted"
        f" photos; give {sparse} to open the sparse model with the photos as taken."
    ]


def _photos_of(folder: Path) -> int | None:
    """Return how many photos a model has; None where a folder holds none."""
    if not is_model(folder):
        return None
    suffix = suffix_of(folder)
    try:
        if suffix == ".bin":
            with open_file(folder / "images.bin") as file:
                return int.from_bytes(file.read(8), "little")
        with open_text(folder / "images.txt") as file:
            # A pose's ninth word is the camera, before the photo's name.
            words = (line.split(maxsplit=10) for line in file if not line.startswith("#"))
            return sum(len(w) > 9 and w[8].isdecimal() and not _is_number(w[9]) for w in words)
    except (OSError, FormatError):
        return None


def _depth_maps_elsewhere(path: Path, model: Path, depths: Path | None) -> list[str]:
    """Say where depth maps lie that do not belong to the model that is read."""
    used = None if depths is None else depths.resolve()
    tops = dict.fromkeys([path.resolve(), *list(model.resolve().parents)[: _LEVELS_UP - 1]])
    found: dict[Path, int] = {}
    for top in tops:
        for place in _DEPTH_PLACES:
            for folder in sorted(top.glob(f"{place}/{DEPTH_MAPS}" if place != "." else DEPTH_MAPS)):
                if folder.resolve() != used:
                    maps = {f.name.rsplit(".", 2)[0] for f in folder.rglob("*.bin")}
                    found.setdefault(folder.parent.parent.resolve(), len(maps))
    return [
        f"Depth maps of {count} photos lie in {folder}, which is another model with photos of its"
        " own: give that folder to use them."
        for folder, count in list(found.items())[:_NAMED]
        if count
    ]


def _photos_without_pose(photos: Path, names: Sequence[str]) -> list[str]:
    """Say which photos of the folder the model does not have."""
    known = {_plain(n) for n in names}
    others = [n for n in _photos_in(photos) if _plain(n) not in known]
    return unposed(others, len(others) + len(known), photos, "the model")


def _photos_in(folder: Path) -> Iterator[str]:
    """Yield the names of photos below a folder, slashes between."""
    for number, path in enumerate(folder.rglob("*")):
        if number >= _MOST_FILES:
            return
        if path.suffix.lower() in PHOTO_SUFFIXES and not path.name.startswith("."):
            yield path.relative_to(folder).as_posix()


def _folders(folder: Path) -> list[Path]:
    try:
        return [p for p in folder.iterdir() if p.is_dir()]
    except OSError:
        return []


def _plain(name: str) -> str:
    return name.replace("\\", "/").casefold()


def _is_number(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
