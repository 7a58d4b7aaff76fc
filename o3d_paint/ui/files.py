"""Choosing files in the window, and writing the labelled cloud."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from open3d.visualization import gui

from o3d_paint.io.exporters import EXPORTERS, ExportOptions, LabelledScene, export
from o3d_paint.project.jobs import Report
from o3d_paint.ui.shell import Shell
from o3d_paint.ui.workbench import Workbench

__all__ = ["FileDialogs", "save_labelled"]

_SCENE_ENDINGS = ".npz .ply .json .txt .zip .las .laz .e57 .pcd .glb"


class FileDialogs:
    """Open3D's file dialog, one at a time.

    Args:
        shell: The window.
    """

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self.is_open = False

    def choose_scene(self, folder: Path, done: Callable[[Path], None]) -> None:
        """Ask for a scene to open."""
        dialog = self._dialog(gui.FileDialog.OPEN, "Open a scene", folder, done)
        dialog.add_filter(_SCENE_ENDINGS, f"Scenes ({_SCENE_ENDINGS})")
        dialog.add_filter("", "All files")
        self._show(dialog)

    def choose_target(self, suggested: Path, ending: str, done: Callable[[Path], None]) -> None:
        """Ask where to write; a missing ending is added, a file that exists is asked about."""
        agreed: set[Path] = set()

        def accept(text: str) -> str:
            target = Path(text.strip()).expanduser().absolute()
            target = target if target.suffix else target.with_suffix(ending)
            if target.suffix.lower() != ending:
                return f"The name must end in {ending}"
            if not target.parent.is_dir():
                return f"There is no folder {target.parent}"
            if target.exists() and target not in agreed:
                agreed.add(target)
                return f"{target.name} is there already: save again to replace it"
            self._shell.popups.close()
            done(target)
            return ""

        title = f"Save as {ending[1:].upper()}"
        self._shell.popups.ask_text(
            title,
            f"{EXPORTERS[ending].title[:1].upper()}{EXPORTERS[ending].title[1:]}.",
            "Save",
            initial=str(suggested),
            accept=accept,
            others={"Browse…": lambda: self._browse(suggested, ending, done)},
        )

    def _browse(self, suggested: Path, ending: str, done: Callable[[Path], None]) -> None:
        """Let the user look through folders; then ask again with the file chosen there."""
        dialog = self._dialog(
            gui.FileDialog.SAVE,
            "Save",
            suggested,
            lambda path: self.choose_target(path, ending, done),
        )
        dialog.add_filter(ending, f"{ending[1:].upper()} ({ending})")
        self._show(dialog)

    def cancel(self) -> None:
        """Close the dialog."""
        if self.is_open:
            self.is_open = False
            self._shell.window.close_dialog()
            self._shell.redraw()

    def _dialog(self, mode: Any, title: str, start: Path, done: Callable[[Path], None]) -> Any:
        dialog = gui.FileDialog(mode, title, self._shell.window.theme)
        dialog.set_path(str(start))

        def chosen(name: str) -> None:
            # Before anything else: the toolkit changes the working directory here.
            path = Path(name).absolute()
            self.cancel()
            done(path)

        dialog.set_on_cancel(self._shell.guard.wrap(self.cancel, None))
        dialog.set_on_done(self._shell.guard.wrap(chosen, None))
        return dialog

    def _show(self, dialog: Any) -> None:
        self.is_open = True
        self._shell.window.show_dialog(dialog)
        self._shell.redraw()


def save_labelled(desk: Workbench, target: Path, scene_path: Path | None) -> None:
    """Write the labels as they show now, off the UI thread, and say what was written."""
    project = desk.project
    project.end_stroke()
    labelled = LabelledScene(
        project.scene,
        project.taxonomy,
        project.labels,
        project.source_of(None),
        project.confidence_of(None),
    )
    options = ExportOptions(inputs=(scene_path,) if scene_path is not None else ())
    count = int((labelled.labels > 0).sum())
    start = time.monotonic()

    def work(_report: Report) -> int:
        export(labelled, target, options)
        return target.stat().st_size

    def done(size: int) -> None:
        share = count / max(1, len(labelled.labels))
        desk.shell.toast(
            f"Wrote {target}: {len(labelled.labels):,} points, {share:.1%} labelled,"
            f" {size / 1e6:.1f} MB in {time.monotonic() - start:.1f} s",
            "good",
        )

    desk.worker.submit(("export", str(target)), work, done=done, failed=desk.shell.guard.report)
