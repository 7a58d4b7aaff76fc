"""Choosing files and folders in the window."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

from open3d.visualization import gui

from o3d_paint.ui.frames import PaintFrame

__all__ = ["FileDialogs"]

_SCENE_ENDINGS = ".npz .ply .json .txt .zip .las .laz .e57 .pcd .glb"


class FileDialogs:
    """Open3D's file dialog, one at a time.

    Args:
        window: The window.
    """

    def __init__(self, window: PaintFrame) -> None:
        self._window = window
        self.is_open = False

    def choose_scene(self, folder: Path, done: Callable[[Path], None]) -> None:
        """Ask for a scene to open."""
        dialog = self._dialog(gui.FileDialog.OPEN, "Open a scene", folder, done)
        dialog.add_filter(_SCENE_ENDINGS, f"Scenes ({_SCENE_ENDINGS})")
        dialog.add_filter("", "All files")
        self._show(dialog)

    def choose_scene_folder(self, folder: Path, done: Callable[[Path], None]) -> None:
        """Ask for a folder that is a scene: photos with depth and poses, or a COLMAP workspace."""
        self._show(self._dialog(gui.FileDialog.OPEN_DIR, "Open a folder", folder, done))
        # The toolkit's dialog opens what it shows inside of, not what is marked.
        self._window.toast("Double-click into the folder of the scene, then Open")

    def choose_regions(self, folder: Path, done: Callable[[Path], None]) -> None:
        """Ask for a file with regions."""
        dialog = self._dialog(gui.FileDialog.OPEN, "Open regions", folder, done)
        dialog.add_filter(".json .npy .npz", "Automatic masks (.json .npy .npz)")
        dialog.add_filter("", "All files")
        self._show(dialog)

    def choose_target(
        self, suggested: Path, ending: str, done: Callable[[Path], None], *, title: str
    ) -> None:
        """Ask where to write; a missing ending is added, a file that exists is asked about."""
        agreed: set[Path] = set()

        def accept(text: str) -> str:
            target = _beside(suggested, text)
            target = target if target.suffix else target.with_suffix(ending)
            if target.suffix.lower() != ending:
                return f"The name must end in {ending}"
            if not target.parent.is_dir():
                return f"There is no folder {target.parent}"
            if target.exists() and target not in agreed:
                agreed.add(target)
                return f"{target.name} is there already: save again to replace it"
            self._window.popups.close()
            done(target)
            return ""

        browse = functools.partial(self._browse, suggested, ending, done, title)
        self._window.popups.ask_text(
            f"Save as {ending[1:].upper()}",
            f"{title}.",
            "Save",
            initial=str(suggested),
            accept=accept,
            others={"Browse…": browse},
        )

    def choose_folder(self, suggested: Path, done: Callable[[Path], None]) -> None:
        """Ask for a folder to write into; one that holds something already is asked about."""
        agreed: set[Path] = set()

        def accept(text: str) -> str:
            folder = _beside(suggested, text)
            if folder.exists() and not folder.is_dir():
                return f"{folder.name} is a file"
            if folder.is_dir() and any(folder.iterdir()) and folder not in agreed:
                agreed.add(folder)
                return f"{folder.name} is not empty: save again to write into it"
            self._window.popups.close()
            done(folder)
            return ""

        self._window.popups.ask_text(
            "Save into a folder",
            "It is made if it does not exist.",
            "Save",
            initial=str(suggested),
            accept=accept,
        )

    def _browse(
        self, suggested: Path, ending: str, done: Callable[[Path], None], title: str
    ) -> None:
        """Let the user look through folders; then ask again with the file chosen there."""
        dialog = self._dialog(
            gui.FileDialog.SAVE,
            "Save",
            suggested,
            lambda path: self.choose_target(path, ending, done, title=title),
        )
        dialog.add_filter(ending, f"{ending[1:].upper()} ({ending})")
        self._show(dialog)

    def cancel(self) -> None:
        """Close the dialog."""
        if self.is_open:
            self.is_open = False
            self._window.native.close_dialog()
            self._window.redraw()

    def _dialog(self, mode: Any, title: str, start: Path, done: Callable[[Path], None]) -> Any:
        dialog = gui.FileDialog(mode, title, self._window.native.theme)
        dialog.set_path(str(start))

        def chosen(name: str) -> None:
            # Before anything else: the toolkit changes the working directory here.
            path = Path(name).absolute()
            self.cancel()
            done(path)

        dialog.set_on_cancel(self._window.guard.wrap(self.cancel, None))
        dialog.set_on_done(self._window.guard.wrap(chosen, None))
        return dialog

    def _show(self, dialog: Any) -> None:
        self.is_open = True
        self._window.native.show_dialog(dialog)
        self._window.redraw()


def _beside(suggested: Path, text: str) -> Path:
    """Return the path that a text means; a name alone lies beside what was suggested."""
    return suggested.absolute().parent / Path(text.strip()).expanduser()
