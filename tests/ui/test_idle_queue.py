from __future__ import annotations

from o3d_paint.ui.idle_queue import IdleQueue


def test_one_job_a_turn_when_there_is_no_time() -> None:
    done: list[str] = []
    chores = IdleQueue()
    for name in "abc":
        chores.add(name, lambda name=name: done.append(name))
    chores.work(0.0)
    assert done == ["a"]
    assert "b" in chores
    chores.work(10.0)
    assert done == ["a", "b", "c"]
    assert chores.are_done


def test_the_same_job_is_done_once() -> None:
    done: list[int] = []
    chores = IdleQueue()
    chores.add("count", lambda: done.append(1))
    chores.add("count", lambda: done.append(2))
    chores.work(1.0)
    assert done == [1]


def test_a_job_may_ask_for_another() -> None:
    done: list[str] = []
    chores = IdleQueue()

    def first() -> None:
        done.append("first")
        chores.add("second", lambda: done.append("second"))

    chores.add("first", first)
    chores.work(0.0)
    chores.work(0.0)
    assert done == ["first", "second"]


def test_what_waits_can_be_forgotten() -> None:
    chores = IdleQueue()
    chores.add("count", lambda: 1 / 0)
    chores.clear()
    chores.work(1.0)
