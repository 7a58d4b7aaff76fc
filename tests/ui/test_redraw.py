from __future__ import annotations

from o3d_paint.ui.redraw import RedrawPlan


def slow_plan() -> RedrawPlan:
    plan = RedrawPlan()
    plan.measured(0.5, coarse_share=0.3)
    assert plan.is_slow
    return plan


def test_a_fast_renderer_draws_while_the_hand_paints() -> None:
    plan = RedrawPlan()
    plan.changed(10.0)
    assert plan.due(10.0, is_painting=True) == "full"
    plan.drawn(10.0, "full")
    plan.changed(10.001)
    assert plan.due(10.002, is_painting=True) is None
    assert plan.due(10.1, is_painting=True) == "full"


def test_a_slow_renderer_waits_for_the_hand() -> None:
    plan = slow_plan()
    now = 10.0
    for _ in range(50):
        now += 0.02
        plan.touched(now)
        plan.changed(now)
        assert plan.due(now, is_painting=True) is None
    assert plan.due(now + 0.4, is_painting=True) == "coarse", "the hand rests"
    plan.touched(now)
    assert plan.due(now + 0.01, is_painting=False) == "coarse", "the hand lets go"


def test_a_photo_that_was_asked_for_shows_first_on_a_slow_renderer() -> None:
    plan = slow_plan()
    plan.photo_asked(10.0)
    plan.changed(10.0)
    assert plan.due(10.1, is_painting=False) is None
    assert plan.due(10.4, is_painting=False) == "coarse"
    plan.photo_asked(20.0)
    plan.moved(20.05)
    assert plan.due(20.06, is_painting=False) == "coarse", "who orbits waits for nothing"
    fast = RedrawPlan()
    fast.photo_asked(10.0)
    fast.changed(10.0)
    assert fast.due(10.0, is_painting=False) == "full"


def test_the_full_cloud_comes_when_all_is_quiet() -> None:
    plan = slow_plan()
    plan.changed(10.0)
    assert plan.due(10.0, is_painting=False) == "coarse"
    plan.drawn(10.0, "coarse")
    assert plan.due(10.3, is_painting=False) in (None, "coarse")
    assert plan.due(13.0, is_painting=False) == "full"
    plan.drawn(13.0, "full")


def test_the_last_frame_is_asked_for_twice_and_no_more() -> None:
    plan = RedrawPlan()
    plan.changed(10.0)
    plan.drawn(10.0, "full")
    assert plan.due(10.1, is_painting=False) is None
    assert plan.due(10.3, is_painting=False) == "full"
    plan.drawn(10.3, "full")
    assert plan.due(20.0, is_painting=False) is None


def test_an_orbit_shows_the_coarse_cloud_as_fast_as_it_can() -> None:
    plan = slow_plan()
    plan.moved(10.0)
    assert plan.due(10.0, is_painting=False) == "coarse"
    plan.drawn(10.0, "coarse")
    plan.moved(10.05)
    assert plan.due(10.06, is_painting=False) is None
    assert plan.due(10.25, is_painting=False) == "coarse"


def test_a_heavy_frame_does_not_get_into_the_way_of_a_hand_over_the_photo() -> None:
    plan = RedrawPlan()
    plan.measured(1.2, coarse_share=0.05)
    plan.changed(10.0)
    plan.drawn(10.0, "coarse")
    plan.drawn(10.4, "coarse")
    plan.touched(10.5)
    plan.is_hand_near = True
    assert plan.due(16.0, is_painting=False) is None, "the next stroke would wait for it"
    assert plan.due(20.5, is_painting=False) == "full", "nobody paints"
    plan.is_hand_near = False
    assert plan.due(16.0, is_painting=False) == "full", "the hand is elsewhere"


def test_colours_are_waited_for_while_nobody_looks_elsewhere() -> None:
    plan = slow_plan()
    plan.drawn(10.0, "coarse")
    assert plan.can_wait(11.0)
    assert not plan.can_wait(12.5), "something must be seen of it"
    plan.moved(11.0)
    assert not plan.can_wait(11.1), "who orbits waits for nothing"
    assert not RedrawPlan().can_wait(0.0)


def test_work_is_done_while_the_hand_rests() -> None:
    plan = RedrawPlan()
    plan.measured(1.0, coarse_share=0.05)
    plan.touched(10.0)
    assert not plan.is_idle(10.3)
    assert plan.is_idle(10.6)
    assert not plan.is_idle(10.6, for_full=True)
    assert plan.is_idle(13.1, for_full=True)
    plan.moved(13.0)
    assert not plan.is_idle(13.1)


def test_a_moving_view_is_in_every_frame_that_follows_an_event() -> None:
    plan = slow_plan()
    assert plan.due_with_event(10.0, has_colors=False) is None, "nothing moved"
    plan.moved(10.0)
    assert plan.due_with_event(10.0, has_colors=False) == "coarse"
    plan.drawn(10.0, "coarse")
    assert plan.due_with_event(10.01, has_colors=False) is None, "it is drawn"
    plan.moved(10.02)
    assert plan.due(10.02, is_painting=False) is None, "a frame of its own would be too early"
    assert plan.due_with_event(10.02, has_colors=False) == "coarse"
    plan.changed(20.0)
    assert plan.due_with_event(20.0, has_colors=False) is None, "colours wait for their turn"
    fast = RedrawPlan()
    fast.moved(10.0)
    assert fast.due_with_event(10.0, has_colors=True) == "full"
    assert fast.due_with_event(10.0, has_colors=False) is None, "ticks hand colours over in bits"
