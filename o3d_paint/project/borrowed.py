"""A project that belongs to somebody else, worked on in a window for a while.

A script made it, with jobs that run inline. A window needs a thread for them, and gives the project
back with all that was painted and inline jobs again.
"""

from __future__ import annotations

from pathlib import Path

from o3d_paint.project.jobs import InlineJobs, Jobs, Post, Worker
from o3d_paint.project.layout import SUFFIX, Layout
from o3d_paint.project.project import Project
from o3d_paint.project.session import Session, Workers

__all__ = ["BorrowedSession", "Loan"]


class Loan:
    """A project's jobs on a thread, until `end`.

    Args:
        project: Whose jobs.
        post: Brings the answers to the caller's thread.
    """

    def __init__(self, project: Project, post: Post) -> None:
        self._project = project
        self._worker = Worker(post, name="o3d-paint-compute")
        self._before: Jobs | None = project.lend_jobs(self._worker)
        for frame_idx in project.missing_indexes():
            project.request_index(frame_idx)

    @property
    def jobs(self) -> Jobs:
        """The thread."""
        return self._worker

    def end(self) -> None:
        """Give the jobs back, with all paint in the cloud; may be called twice."""
        before, self._before = self._before, None
        if before is None:
            return
        self._project.lend_jobs(before)
        self._worker.close()
        if isinstance(before, InlineJobs):
            self._project.complete_indexes()
        else:
            for frame_idx in self._project.missing_indexes():
                self._project.request_index(frame_idx)


class BorrowedSession(Session):
    """A sitting with a project that is kept nowhere, unless the user saves it as a folder.

    Args:
        project: Stays open when the session closes.
        post: Runs closures on the UI thread.
    """

    def __init__(self, project: Project, *, post: Post) -> None:
        self._loan = Loan(project, post)
        super().__init__(
            project,
            Layout(Path.cwd() / f"{project.scene.name}{SUFFIX}"),
            workers=Workers(
                self._loan.jobs,
                Worker(post, name="o3d-paint-disk"),
                Worker(post, name="o3d-paint-journal"),
            ),
            scene_path=None,
            messages=(),
        )
        self.read_only = "the project is in memory only"

    @property
    def free_folder(self) -> Path:
        """A folder to suggest for `save_as`."""
        return self.folder if self.read_only is not None else super().free_folder

    @property
    def unsaved_words(self) -> str:
        """How to say in two words that nothing is written here."""
        return "in memory"

    def abandon(self) -> None:
        """End without saving again; the project goes on without the window."""
        self.project.end_stroke()
        self._let_go()
        for jobs in (self._workers.disk, self._workers.settler):
            jobs.close(drain=True)
        self._loan.end()
