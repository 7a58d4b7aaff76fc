from __future__ import annotations

from pathlib import Path

import pytest

from o3d_paint.errors import StorageError
from o3d_paint.log_file import log_file, start_log
from o3d_paint.ui.guard import Guard


@pytest.fixture
def told() -> list[str]:
    return []


def test_an_error_is_told_and_the_answer_is_safe(told: list[str]) -> None:
    start_log()

    def fail() -> bool:
        raise RuntimeError("broken inside")

    assert Guard(told.append).wrap(fail, True)() is True
    assert len(told) == 1
    assert "broken inside" in told[0]
    assert "RuntimeError: broken inside" in Path(log_file()).read_text()


def test_a_users_problem_is_told_as_it_is(told: list[str]) -> None:
    Guard(told.append).report(StorageError("the disk is full"))
    assert told == ["the disk is full"]


def test_the_same_sentence_is_not_repeated_at_once(told: list[str]) -> None:
    guard = Guard(told.append)
    for _ in range(100):
        guard.report(StorageError("the disk is full"))
    guard.report(StorageError("something else"))
    assert told == ["the disk is full", "something else"]


def test_what_works_passes_through_and_is_timed(told: list[str]) -> None:
    guard = Guard(told.append)

    def double(value: int) -> int:
        return 2 * value

    assert guard.wrap(double, 0)(21) == 42
    assert not told
    assert any("double" in name for name in guard.callback_times.longest_s)
