"""Saving the open project: where it is, or in a folder that the user names."""

from __future__ import annotations

from pathlib import Path

from o3d_paint.errors import PaintError
from o3d_paint.project.session import Session
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.popups import Popups

__all__ = ["save_project", "save_project_as"]


def save_project(session: Session, popups: Popups, notices: Notices) -> None:
    """Save where the project is; ask for a folder where it has none or may not be written."""
    if session.read_only is not None:
        save_project_as(session, popups, notices)
        return
    session.project.end_stroke()
    folder = session.folder
    # Only once it is so: the disk may be full, which is told instead.
    session.save(then=lambda: notices.toast(f"Saved in {folder}", "good"))


def save_project_as(session: Session, popups: Popups, notices: Notices) -> None:
    """Ask for another folder, save everything there and go on with it."""
    reason = session.read_only

    def accept(text: str) -> str:
        folder = Path(text.strip()).expanduser().absolute()
        try:
            session.save_as(folder)
        except PaintError as error:
            return str(error)
        notices.toast(f"The project is saved in {folder} from now on", "good")
        return ""

    text = "A folder for the project; what is in the present one stays there."
    popups.ask_text(
        "Save project as",
        text if reason is None else f"Nothing is saved yet: {reason}.",
        "Save",
        initial=str(session.free_folder),
        accept=accept,
    )
