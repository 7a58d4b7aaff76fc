"""What one open project tells the user: a sentence that stays, messages that pass, progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from o3d_paint.project.jobs import Report, Worker
from o3d_paint.project.signals import Signal
from o3d_paint.ui.panels.status_bar import ProgressState
from o3d_paint.ui.panels.toasts import ToastKind

__all__ = ["BackgroundWork", "Notices"]

_Result = TypeVar("_Result")


class _Toast(Protocol):
    def __call__(self, text: str, kind: ToastKind = "info") -> None: ...


class Notices:
    """Words for the user.

    Args:
        toast: Shows a message for a moment.
        report: Tells an error, and writes it to the log.

    Attributes:
        message: The sentence that stays until another is said.
        progress: Of the work under way; None without.
        changed: Told when either is another one.
    """

    def __init__(self, toast: _Toast, report: Callable[[Exception], None]) -> None:
        self.toast = toast
        self.report = report
        self.message = ""
        self.progress: ProgressState | None = None
        self.changed: Signal[[]] = Signal()

    def say(self, message: str) -> None:
        """Say something that stays; "" takes it away."""
        if message != self.message:
            self.message = message
            self.changed.emit()

    def show_progress(self, text: str | None, share: float = 0.0) -> None:
        """Show how far some work is; None when it is over."""
        self.progress = None if text is None else ProgressState(text, share)
        self.changed.emit()


class BackgroundWork:
    """Work off the UI thread, whose progress and failures are told.

    Args:
        worker: Does it.
        notices: Tells.
    """

    def __init__(self, worker: Worker, notices: Notices) -> None:
        self._worker = worker
        self._notices = notices
        self._shown: set[str] = set()

    def run(
        self,
        key: str,
        work: Callable[[Report], _Result],
        done: Callable[[_Result], None],
        *,
        title: str = "",
        failed: Callable[[Exception], None] | None = None,
    ) -> None:
        """Do some work in place of any other of the same key.

        Args:
            key: What it is.
            work: Runs on the thread.
            done: Told the result on the UI thread.
            title: Of the progress that is shown meanwhile, with a cross to cancel it; "" shows
                none.
            failed: Told of an error; None tells the user.
        """
        notices = self._notices
        if not title:
            self._worker.submit(key, work, done=done, failed=failed or notices.report)
            return

        def succeeded(result: _Result) -> None:
            self._over(key)
            done(result)

        def broke(error: Exception) -> None:
            self._over(key)
            (failed or notices.report)(error)

        self._shown.add(key)
        notices.show_progress(title)
        self._worker.submit(
            key,
            work,
            done=succeeded,
            failed=broke,
            progressed=lambda share, _: notices.show_progress(title, share),
        )

    def is_running(self, key: str) -> bool:
        """Whether work of a key is under way."""
        return self._worker.is_running(key)

    def cancel(self) -> bool:
        """Drop all work whose progress is shown; returns whether there was some."""
        dropped, self._shown = self._shown, set()
        for key in dropped:
            self._worker.cancel(key)
        if dropped:
            self._notices.show_progress(None)
        return bool(dropped)

    def _over(self, key: str) -> None:
        self._shown.discard(key)
        self._notices.show_progress(None)
