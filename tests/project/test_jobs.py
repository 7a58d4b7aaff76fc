from __future__ import annotations

import threading

import pytest

from o3d_paint.project.jobs import InlineJobs, JobCancelled, Mailbox, Report, Worker
from o3d_paint.project.signals import Signal


@pytest.fixture
def mailbox() -> Mailbox:
    return Mailbox()


@pytest.fixture
def worker(mailbox: Mailbox):
    made = Worker(mailbox.post)
    yield made
    assert made.close()


def test_answers_arrive_on_the_thread_that_reads_the_mail(worker: Worker, mailbox: Mailbox) -> None:
    heard: list[tuple[int, str, str]] = []

    def done(answer: tuple[int, str]) -> None:
        heard.append((*answer, threading.current_thread().name))

    worker.submit("a", lambda _: (7, threading.current_thread().name), done=done)
    assert worker.is_running("a")
    assert mailbox.run_until(lambda: bool(heard))
    assert heard == [(7, "o3d-paint-worker", threading.current_thread().name)]
    assert not worker.is_running("a")


def test_a_newer_job_of_the_same_key_makes_the_older_one_stale(
    worker: Worker, mailbox: Mailbox
) -> None:
    heard: list[str] = []
    started, proceed = threading.Event(), threading.Event()

    def slow(_: Report) -> str:
        started.set()
        proceed.wait(30)
        return "old"

    worker.submit("k", slow, done=heard.append)
    assert started.wait(30)
    worker.submit("k", lambda _: "middle", done=heard.append)
    worker.submit("k", lambda _: "new", done=heard.append)
    proceed.set()
    assert mailbox.run_until(lambda: "new" in heard)
    mailbox.run_pending()
    assert heard == ["new"]


def test_a_cancelled_job_stops_at_its_next_report(worker: Worker, mailbox: Mailbox) -> None:
    started, proceed, ended = threading.Event(), threading.Event(), threading.Event()
    heard: list[object] = []

    def work(report: Report) -> None:
        report(0.1, "begun")
        started.set()
        proceed.wait(30)
        try:
            report(0.2, "never")
        except JobCancelled:
            ended.set()
            raise

    worker.submit("k", work, done=heard.append, failed=heard.append, progressed=print)
    assert started.wait(30)
    worker.cancel("k")
    assert not worker.is_running("k")
    proceed.set()
    assert ended.wait(30)
    worker.call(lambda: None)
    mailbox.run_pending()
    assert heard == []


def test_progress_and_errors_are_told(worker: Worker, mailbox: Mailbox) -> None:
    steps: list[tuple[float, str]] = []
    errors: list[Exception] = []

    def work(report: Report) -> None:
        report(0.5, "half")
        raise OSError("broken")

    worker.submit(
        "k",
        work,
        done=lambda _: None,
        failed=errors.append,
        progressed=lambda f, t: steps.append((f, t)),
    )
    assert mailbox.run_until(lambda: bool(errors))
    assert steps == [(0.5, "half")]
    assert str(errors[0]) == "broken"
    worker.submit("k", work, done=lambda _: None)
    with pytest.raises(OSError, match="broken"):
        mailbox.run_until(lambda: False, timeout=30)


def test_urgent_jobs_go_first(worker: Worker, mailbox: Mailbox) -> None:
    order: list[str] = []
    started, proceed = threading.Event(), threading.Event()

    def hold(_: Report) -> None:
        started.set()
        proceed.wait(30)

    worker.submit("hold", hold, done=lambda _: None)
    assert started.wait(30)
    for name, urgent in (("one", False), ("two", False), ("hurry", True)):
        worker.submit(name, lambda _, n=name: n, done=order.append, urgent=urgent)
    proceed.set()
    assert mailbox.run_until(lambda: len(order) == 3)
    assert order == ["hurry", "one", "two"]


def test_call_waits_and_raises_and_close_drains(mailbox: Mailbox) -> None:
    worker = Worker(mailbox.post)
    ran: list[int] = []
    for number in range(5):
        worker.submit(number, lambda _, n=number: ran.append(n), done=lambda _: None)
    assert worker.call(lambda: len(ran)) == 5
    with pytest.raises(ZeroDivisionError):
        worker.call(lambda: 1 // 0)
    worker.submit("last", lambda _: ran.append(9), done=lambda _: None)
    assert worker.close(drain=True)
    assert ran[-1] == 9
    with pytest.raises(ValueError, match="closed"):
        worker.submit("late", lambda _: None, done=lambda _: None)
    with pytest.raises(ValueError, match="closed"):
        worker.call(lambda: None)


def test_inline_jobs_answer_at_once() -> None:
    heard: list[object] = []
    jobs = InlineJobs()
    jobs.submit("k", lambda report: report(1.0) or 3, done=heard.append)
    assert heard == [3]
    jobs.submit("k", lambda _: 1 // 0, done=heard.append, failed=heard.append)
    assert isinstance(heard[-1], ZeroDivisionError)
    with pytest.raises(ZeroDivisionError):
        jobs.submit("k", lambda _: 1 // 0, done=heard.append)
    assert not jobs.is_running("k")


def test_signals_reach_all_listeners_whatever_one_of_them_does() -> None:
    signal: Signal[[int]] = Signal()
    heard: list[int] = []

    def fails(_: int) -> None:
        raise RuntimeError("mine")

    signal.connect(fails)
    disconnect = signal.connect(heard.append)
    with pytest.raises(RuntimeError, match="mine"):
        signal.emit(4)
    assert heard == [4]
    disconnect()
    disconnect()
    with pytest.raises(RuntimeError):
        signal.emit(5)
    assert heard == [4]


def test_answers_that_take_long_are_spread_over_several_turns(mailbox: Mailbox) -> None:
    heard: list[int] = []
    for number in range(3):
        mailbox.post(lambda number=number: heard.append(number))
    mailbox.run_pending(0.0)
    assert heard == [0], "one at least"
    mailbox.run_pending(0.0)
    mailbox.run_pending()
    assert heard == [0, 1, 2]
