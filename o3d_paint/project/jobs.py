"""Work off the UI thread: pure functions of immutable inputs, answered on the UI thread.

A job belongs to a key. Submitting under a key supersedes what was submitted under it before: the
older job is asked to stop, and its answer, should one still come, is dropped. All bookkeeping
happens on the UI thread; the worker only runs functions and posts closures back, so that nothing
needs a lock.
"""

from __future__ import annotations

import itertools
import math
import queue
import threading
import time
from collections.abc import Callable, Hashable
from typing import Any, Protocol, TypeVar, cast

__all__ = ["InlineJobs", "JobCancelled", "Jobs", "Mailbox", "Post", "Report", "Task", "Worker"]

T = TypeVar("T")
Post = Callable[[Callable[[], None]], None]
"""Runs a function on the UI thread, soon."""

_URGENT, _NORMAL, _LAST = 0, 1, 2


class JobCancelled(Exception):
    """Raised inside a job by its report, once nobody wants the answer any more."""


class Task:
    """A submitted job. Only the UI thread changes it."""

    __slots__ = ("cancelled", "key")

    def __init__(self, key: Hashable) -> None:
        """Make a task that runs."""
        self.key = key
        self.cancelled = False


class Report:
    """What a job calls to tell how far it is, and where it learns that it was cancelled."""

    __slots__ = ("_progressed", "_task")

    def __init__(self, task: Task, progressed: Callable[[float, str], None] | None) -> None:
        """Report for a task to a function that is safe to call from the worker."""
        self._task = task
        self._progressed = progressed

    def __call__(self, fraction: float, text: str = "") -> None:
        """Say that ``fraction`` (0 to 1) is done.

        Raises:
            JobCancelled: The job was cancelled or superseded.
        """
        if self._task.cancelled:
            raise JobCancelled
        if self._progressed is not None:
            self._progressed(fraction, text)


class Jobs(Protocol):
    """Something that runs jobs: a worker thread, or the caller itself."""

    def submit(
        self,
        key: Hashable,
        work: Callable[[Report], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], object] | None = None,
        progressed: Callable[[float, str], None] | None = None,
        urgent: bool = False,
    ) -> Task:
        """Run ``work`` and hand its answer to ``done`` on the UI thread.

        Args:
            key: What the job is about; supersedes an earlier job of the same key.
            work: Pure function; calls its report now and then.
            done: Gets the answer, unless the job was cancelled or superseded meanwhile.
            failed: Gets the error; without it the error is raised on the UI thread.
            progressed: Gets fraction and text, on the UI thread.
            urgent: Whether it goes before others that wait.
        """

    def cancel(self, key: Hashable) -> None:
        """Drop the job of a key, if there is one."""

    def is_running(self, key: Hashable) -> bool:
        """Return whether an answer is still due under a key."""

    def call(self, work: Callable[[], T]) -> T:
        """Run ``work`` after what waits, and wait for its answer; raises what it raises."""

    def close(self, *, drain: bool = False, timeout: float = 10.0) -> bool:
        """End; with ``drain``, after what waits is done. Returns whether all has ended."""


class InlineJobs:
    """Runs each job at once on the caller's thread: for commands, libraries and tests."""

    def submit(
        self,
        key: Hashable,
        work: Callable[[Report], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], object] | None = None,
        progressed: Callable[[float, str], None] | None = None,
        urgent: bool = False,
    ) -> Task:
        """Run the job now; see `Jobs.submit`."""
        del urgent
        task = Task(key)
        try:
            answer = work(Report(task, progressed))
        except Exception as error:
            if failed is None:
                raise
            failed(error)
        else:
            done(answer)
        return task

    def cancel(self, key: Hashable) -> None:
        """Nothing is ever under way."""

    def is_running(self, key: Hashable) -> bool:
        """Nothing is ever under way."""
        del key
        return False

    def call(self, work: Callable[[], T]) -> T:
        """Run ``work`` now."""
        return work()

    def close(self, *, drain: bool = False, timeout: float = 10.0) -> bool:
        """Nothing is ever under way."""
        del drain, timeout
        return True


class Worker:
    """One thread that runs one job after another."""

    def __init__(self, post: Post, *, name: str = "o3d-paint-worker") -> None:
        """Start the thread.

        Args:
            post: Runs a closure on the UI thread; called from the worker.
            name: Of the thread, for reports of crashes.
        """
        self._post = post
        self._queue: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]]
        self._queue = queue.PriorityQueue()
        self._order = itertools.count()
        self._current: dict[Hashable, Task] = {}
        self._closed = False
        # A daemon: a native call that does not end must not keep the program from ending.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(
        self,
        key: Hashable,
        work: Callable[[Report], T],
        *,
        done: Callable[[T], None],
        failed: Callable[[Exception], object] | None = None,
        progressed: Callable[[float, str], None] | None = None,
        urgent: bool = False,
    ) -> Task:
        """Queue the job; see `Jobs.submit`.

        Raises:
            ValueError: The worker was closed.
        """
        if self._closed:
            msg = f"job {key!r} was submitted after the worker had been closed"
            raise ValueError(msg)
        self.cancel(key)
        task = Task(key)
        self._current[key] = task

        def report(fraction: float, text: str) -> None:
            if progressed is not None:
                self._post(lambda: None if task.cancelled else progressed(fraction, text))

        def run() -> None:
            if task.cancelled:
                return
            try:
                answer = work(Report(task, report))
            except JobCancelled:
                self._post(lambda: self._end(task))
            except Exception as error:
                caught = error
                self._post(lambda: self._fail(task, caught, failed=failed))
            else:
                self._post(lambda: self._finish(task, answer, done=done))

        self._queue.put((_URGENT if urgent else _NORMAL, next(self._order), run))
        return task

    def cancel(self, key: Hashable) -> None:
        """Ask the job of a key to stop; its answer will be dropped."""
        task = self._current.pop(key, None)
        if task is not None:
            task.cancelled = True

    def is_running(self, key: Hashable) -> bool:
        """Return whether an answer is still due under a key."""
        return key in self._current

    def call(self, work: Callable[[], T]) -> T:
        """Run ``work`` on the thread after what waits, and block until its answer is there.

        Raises:
            ValueError: The worker was closed.
            Exception: What ``work`` raises.
        """
        if self._closed:
            msg = "a closed worker cannot be called"
            raise ValueError(msg)
        answers: queue.SimpleQueue[tuple[T | None, Exception | None]] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put((work(), None))
            except Exception as error:
                answers.put((None, error))

        self._queue.put((_NORMAL, next(self._order), run))
        answer, error = answers.get()
        if error is not None:
            raise error
        return cast("T", answer)

    def close(self, *, drain: bool = False, timeout: float = 10.0) -> bool:
        """End the thread; without ``drain``, what waits is dropped. Call from the UI thread.

        Returns:
            Whether the thread has ended within ``timeout`` seconds.
        """
        self._closed = True
        if not drain:
            for key in tuple(self._current):
                self.cancel(key)
        self._queue.put((_LAST, next(self._order), None))
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            _, _, job = self._queue.get()
            if job is None:
                return
            job()
            # Else it would stay, with the scene that it worked on, until the next one comes.
            del job

    def _forget(self, task: Task) -> bool:
        """End the bookkeeping of a task; returns whether its answer is wanted."""
        if self._current.get(task.key) is task:
            del self._current[task.key]
        return not task.cancelled

    def _end(self, task: Task) -> None:
        self._forget(task)

    def _finish(self, task: Task, answer: T, *, done: Callable[[T], None]) -> None:
        if self._forget(task):
            done(answer)

    def _fail(
        self, task: Task, error: Exception, *, failed: Callable[[Exception], object] | None
    ) -> None:
        if not self._forget(task):
            return
        if failed is None:
            raise error
        failed(error)


class Mailbox:
    """A `Post` for programs without a window loop: closures wait until somebody runs them."""

    def __init__(self) -> None:
        """Start empty."""
        self._waiting: queue.SimpleQueue[Callable[[], Any]] = queue.SimpleQueue()

    def post(self, closure: Callable[[], None]) -> None:
        """Keep a closure; may be called from any thread."""
        self._waiting.put(closure)

    def run_pending(self, seconds: float = math.inf) -> None:
        """Run what waits, in order; what has not begun after so many seconds waits on."""
        end = time.perf_counter() + seconds
        while not self._waiting.empty():
            self._waiting.get()()
            if time.perf_counter() >= end:
                break

    def run_until(self, condition: Callable[[], bool], *, timeout: float = 60.0) -> bool:
        """Run closures as they come until a condition holds; returns whether it does."""
        while not condition():
            try:
                self._waiting.get(timeout=timeout)()
            except queue.Empty:
                return condition()
        return True
