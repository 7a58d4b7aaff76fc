"""Fusing in the window: the commands, how far it is, and what it left out."""

from __future__ import annotations

from collections.abc import Callable

from o3d_paint.fusion.settings import FusionSettings
from o3d_paint.project.project import Project
from o3d_paint.ui.notices import Notices
from o3d_paint.ui.panels.status_bar import ProgressState

__all__ = ["FuseCommands"]


class FuseCommands:
    """Fuses one project.

    Args:
        project: The project.
        notices: Tells the user.

    Attributes:
        share: What is done of a fusion under way, 0 to 1; None without one.
    """

    def __init__(self, project: Project, notices: Notices) -> None:
        self._project = project
        self._notices = notices
        self.share: float | None = None
        self._part = ""
        self._disconnect = [
            project.fused_changed.connect(self._over),
            project.fuse_progress.connect(self._progressed),
            project.fuse_failed.connect(self._failed),
        ]

    @property
    def progress(self) -> ProgressState | None:
        """What the status bar says while it fuses."""
        if self.share is None:
            return None
        return ProgressState(f"Fusing: {self._part}" if self._part else "Fusing", self.share)

    def handlers(self) -> dict[str, Callable[[], object]]:
        """Return what commands do, by id."""
        return {
            "fuse": self._fuse,
            "fuse_again": self._fuse_again,
            "label_unsure": self._label_unsure,
        }

    def cancel(self) -> bool:
        """Drop the fusion under way; returns whether there was one."""
        if not self._project.is_fusing:
            return False
        self._project.cancel_fuse()
        self._over()
        return True

    def close(self) -> None:
        """Stop listening."""
        for disconnect in self._disconnect:
            disconnect()

    def _fuse(self) -> None:
        """Show derived labels: compute them where they are missing or old, else switch them."""
        project = self._project
        if project.fusion is not None and (project.fused_shown or not project.fusion_is_stale):
            self._notices.say("")
            project.show_fused(not project.fused_shown)
        else:
            self._fuse_again()

    def _fuse_again(self) -> None:
        if not self._project.has_paint:
            self._notices.toast("Paint something first: fusing spreads paint to the whole cloud")
            return
        self._notices.say("")  # it was about a step before
        self._progressed(0.0, "")
        self._project.request_fuse(then=self._tell_notes)

    def _tell_notes(self) -> None:
        """Say what a fusion left out, and of which classes it overruled paint."""
        for sentence in self._project.fusion_notes():
            self._notices.toast(sentence)

    def _label_unsure(self) -> None:
        """Label everything that is reached, or leave out again what is unsure."""
        project = self._project
        usual = FusionSettings().min_confidence
        project.set_min_confidence(usual if project.min_confidence <= 0 else 0.0)
        share = project.min_confidence
        self._notices.say(
            f"labels less sure than {share:g} are left out" if share else "unsure labels show too"
        )

    def _progressed(self, share: float, part: str) -> None:
        self.share, self._part = share, part
        self._notices.changed.emit()

    def _over(self) -> None:
        self.share = None
        self._notices.changed.emit()

    def _failed(self, error: Exception) -> None:
        self._over()
        self._notices.report(error)
