"""What Export… offers, and the work behind it: clouds, masks, review pictures, films."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from o3d_paint.core.packed_masks import PackedMasks
from o3d_paint.io.exporters import ExportOptions, LabelledScene, export, exporters
from o3d_paint.io.mask_exporters import MASK_WRITERS, write_masks
from o3d_paint.project.jobs import Report
from o3d_paint.project.project import Project
from o3d_paint.project.report import labelled_scene
from o3d_paint.ui.files import FileDialogs
from o3d_paint.ui.frames import CardFrame
from o3d_paint.ui.notices import BackgroundWork, Notices
from o3d_paint.ui.panels.menu import Menu, MenuEntry
from o3d_paint.ui.panels.status_bar import percent

__all__ = ["Exports"]

_FIRST = (".ply", ".glb", ".las", ".laz", ".pcd")


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """Everything that a worker needs, taken at one moment."""

    labelled: LabelledScene
    masks: PackedMasks
    inputs: tuple[Path, ...]
    masks_read: tuple[Path, ...]


class Exports:
    """Exports of one open scene.

    Args:
        project: The scene with its work.
        frame: Where the menu opens.
        notices: Tells what was written.
        background: Writes.
        files: Asks for names.
        scene_path: Its file, which is never written over.
    """

    def __init__(
        self,
        project: Project,
        frame: CardFrame,
        *,
        notices: Notices,
        background: BackgroundWork,
        files: FileDialogs,
        scene_path: Path | None,
    ) -> None:
        self._project = project
        self._frame = frame
        self._notices = notices
        self._background = background
        self._files = files
        self._scene_path = scene_path

    def open_menu(self) -> None:
        """Show everything that can be written."""
        endings = [*_FIRST, *(e for e in exporters() if e not in _FIRST)]
        entries = (
            *(MenuEntry(e, _capital(exporters()[e].title), "box") for e in endings),
            MenuEntry(),
            *(
                MenuEntry(f"masks_{name}", f"Masks: {writer.title}", "images")
                for name, writer in MASK_WRITERS.items()
            ),
            MenuEntry("review", "Pictures of painted photos to look through", "image"),
            MenuEntry("turntable_png", "Picture of the labelled cloud (PNG)", "camera"),
            MenuEntry("turntable_mp4", "Film around the labelled cloud (MP4)", "film"),
        )
        popups, frame = self._frame.popups, self._frame.place_of("toolbar")

        def choose(entry: str) -> None:
            popups.close()
            self._choose(entry)

        menu = Menu(choose, popups.close)
        menu.set_model(entries)
        popups.open(menu, anchor=(frame.x + frame.width // 5, frame.y + frame.height))

    def save_as(self, ending: str) -> None:
        """Ask for a name and write the labelled cloud."""
        title = _capital(exporters()[ending].title)
        self._files.choose_target(
            self._suggested("labelled", ending), ending, self._save_cloud, title=title
        )

    def _choose(self, entry: str) -> None:
        if entry.startswith("."):
            self.save_as(entry)
        elif entry.startswith("masks_"):
            self._files.choose_folder(
                self._suggested(entry, ""), partial(self._save_masks, entry.removeprefix("masks_"))
            )
        elif entry == "review":
            self._files.choose_folder(self._suggested("review", ""), self._save_review)
        else:
            ending = "." + entry.rsplit("_", 1)[1]
            self._files.choose_target(
                self._suggested("turntable", ending), ending, self._save_film, title="Turntable"
            )

    def _suggested(self, what: str, ending: str) -> Path:
        base = self._scene_path or Path.cwd() / self._project.scene.name
        return base.with_name(f"{base.stem}_{what}{ending}")

    def _taken(self) -> _Work:
        project = self._project
        project.end_stroke()
        labelled = labelled_scene(project)
        inputs = (self._scene_path,) if self._scene_path is not None else ()
        return _Work(labelled, project.masks, inputs, project.masks_read)

    def _save_cloud(self, target: Path) -> None:
        work = self._taken()
        count = int((work.labelled.labels > 0).sum())
        share = count / max(1, len(work.labelled.labels))
        facts = f"{len(work.labelled.labels):,} points, {percent(share)} labelled"
        project = self._project
        if project.fused_shown and project.paint_is_newer:
            facts += "; later strokes have not spread: fuse again"
        options = ExportOptions(inputs=work.inputs)
        self._run(target, lambda _: export(work.labelled, target, options), facts)

    def _save_masks(self, format_name: str, folder: Path) -> None:
        work = self._taken()

        def write(report: Report) -> Sequence[str]:
            written = write_masks(
                work.labelled,
                folder,
                format_name,
                inputs=work.inputs,
                masks_read=work.masks_read,
                progress=report,
            )
            return written.notes

        self._run(folder, write, f"masks of {len(work.labelled.scene.frames)} photos")

    def _save_review(self, folder: Path) -> None:
        from o3d_paint.io.review import write_review

        work = self._taken()

        def write(report: Report) -> None:
            write_review(
                work.labelled.scene,
                work.masks,
                work.labelled.taxonomy,
                folder,
                inputs=work.inputs,
                progress=report,
            )

        self._run(folder, write, f"{len(work.masks)} painted photos and a contact sheet")

    def _save_film(self, target: Path) -> None:
        from o3d_paint.io.turntable import write_turntable

        work = self._taken()

        def write(report: Report) -> None:
            write_turntable(work.labelled, target, inputs=work.inputs, progress=report)

        self._run(target, write, "the labelled cloud")

    def _run(
        self, target: Path, write: Callable[[Report], Sequence[str] | None], facts: str
    ) -> None:
        """Write off the UI thread, with progress and cancel, and say what was written."""
        start = time.monotonic()

        def done(notes: Sequence[str] | None) -> None:
            for sentence in notes or ():
                self._notices.toast(sentence)
            size = f", {target.stat().st_size / 1e6:.1f} MB" if target.is_file() else ""
            seconds = time.monotonic() - start
            self._notices.toast(f"Wrote {target}: {facts}{size} in {seconds:.1f} s", "good")

        self._background.run("export", write, done, title=f"Writing {target.name}")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
