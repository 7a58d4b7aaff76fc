"""Whether a scene is still the one that was painted, photo by photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from o3d_paint.core.scene import Scene
from o3d_paint.project.codec import StepPacker
from o3d_paint.project.document import Document, PhotoEntry
from o3d_paint.project.fingerprint import fits_cloud, photo_checksum
from o3d_paint.project.history import Entry
from o3d_paint.project.steps import AcceptEdit, Edit, FrameEdit, LayerEdit

__all__ = ["Fit", "fit_scene", "refit_entries"]


@dataclass(frozen=True, slots=True)
class Fit:
    """How a project's photos and points meet those of a scene.

    Attributes:
        frames: For each photo of the project, its position in the scene; None where it is gone
            or shows something else now.
        cloud: Whether the points are the same.
        checksums: Checksums of the scene's photos that were computed on the way, by position.
    """

    frames: tuple[int | None, ...]
    cloud: bool
    checksums: dict[int, str]

    @property
    def is_exact(self) -> bool:
        """Whether everything is where it was."""
        return self.cloud and self.frames == tuple(range(len(self.frames)))


def fit_scene(document: Document, scene: Scene) -> Fit:
    """Compare a project with a scene.

    A photo fits when its checksum does, wherever it is now. A photo without a checksum was not
    painted before the last checkpoint and fits by name and size.
    """
    finder = _Finder(scene)
    cloud = fits_cloud(document.cloud, scene)
    frames: list[int | None] = []
    taken: set[int] = set()
    for position, entry in enumerate(document.photos):
        found = finder.find(entry, position)
        frames.append(None if found is None or found in taken else found)
        if found is not None:
            taken.add(found)
    return Fit(tuple(frames), cloud, finder.checksums)


def refit_entries(entries: Sequence[Entry], fit: Fit) -> list[Entry]:
    """Return steps of the history for a scene that changed: edits that no longer fit are left out.

    Raises:
        ValueError: A step is damaged.
    """
    if fit.is_exact:
        return list(entries)
    fitted = []
    for entry in entries:
        packer = StepPacker(entry.name)
        for edit in entry.edits():
            kept = _refit(edit, fit)
            if kept is not None:
                packer.add(kept)
        if len(packer):
            fitted.append(Entry(entry.name, packer.data()))
    return fitted


def _refit(edit: Edit, fit: Fit) -> Edit | None:
    if isinstance(edit, LayerEdit | AcceptEdit):
        return edit if fit.cloud else None
    if isinstance(edit, FrameEdit):
        known = 0 <= edit.frame_idx < len(fit.frames)
        frame_idx = fit.frames[edit.frame_idx] if known else None
        return None if frame_idx is None else FrameEdit(frame_idx, edit.edit)
    return edit


class _Finder:
    """Finds photos of a project in a scene; hashes only as many as it must."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._by_name = {frame.name: i for i, frame in enumerate(scene.frames)}
        self.checksums: dict[int, str] = {}

    def find(self, entry: PhotoEntry, position: int) -> int | None:
        """Return where a photo is in the scene now, None where it is not."""
        named = self._by_name.get(entry.name)
        if not entry.checksum:
            return named if named is not None and self._has_shape(entry, named) else None
        likely = [i for i in (named, position) if i is not None and i < len(self._scene.frames)]
        others = [i for i in range(len(self._scene.frames)) if i not in likely]
        for i in (*likely, *others):
            if self._has_shape(entry, i) and self._checksum(i) == entry.checksum:
                return i
        return None

    def _has_shape(self, entry: PhotoEntry, frame_idx: int) -> bool:
        return entry.shape in ((0, 0), self._scene.frames[frame_idx].mask_shape)

    def _checksum(self, frame_idx: int) -> str:
        known = self.checksums.get(frame_idx)
        if known is None:
            known = photo_checksum(self._scene.frames[frame_idx].photo)
            self.checksums[frame_idx] = known
        return known
