"""When the 3D view is drawn.

A renderer with a graphics card follows everything at once. On a software renderer a frame takes
half a second and holds up the photo too, so the hand comes first: nothing is drawn while a button
is down on the photo or while a photo that was asked for is on its way, a coarse cloud shows when
the hand rests or lets go, the full one when all is quiet. Open3D drops frames without a word when
the renderer is behind, so the last frame of everything is asked for twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Quality", "RedrawPlan"]

Quality = Literal["coarse", "full"]

_SLOW_S = 0.03
_REST_S = 0.35
_QUIET_S = 0.5
_HEAVY_S = 0.6
_LONGEST_WAIT_S = 2.0
_MOVE_ENDS_S = 0.2
_SHORTEST_S = 1 / 60
_PHOTO_S = 0.3


@dataclass(slots=True)
class RedrawPlan:
    """Decides from times alone; all times are seconds of one clock.

    Attributes:
        full_s: Measured time of a full frame.
        coarse_s: Expected time of a coarse one.
        is_hand_near: Whether the pointer is over the photo.
    """

    full_s: float = 0.02
    coarse_s: float = 0.01
    is_hand_near: bool = False
    _changed: float = -1.0
    _is_stale: bool = False
    _moved: float = -1e9
    _input: float = -1e9
    _asked: float = -1e9
    _drawn: float = -1e9
    _shown: Quality = "coarse"
    _repeat_at: float | None = field(default=None)

    @property
    def is_slow(self) -> bool:
        """Whether a full frame is too slow to be drawn while the hand moves."""
        return self.full_s > _SLOW_S

    def is_idle(self, now: float, *, for_full: bool = False) -> bool:
        """Whether the hand has rested long enough for some work, or for a full frame."""
        quiet_s = self._quiet_s if for_full else _QUIET_S
        return now - max(self._moved, self._input) >= quiet_s

    def can_wait(self, now: float) -> bool:
        """Whether a frame may wait for the rest of the colours: for a while, on a slow renderer."""
        is_moving = now - self._moved < _MOVE_ENDS_S
        return self.is_slow and not is_moving and now - self._drawn < _LONGEST_WAIT_S

    def measured(self, full_s: float, *, coarse_share: float) -> None:
        """Take the time of a full frame; a coarse one has that share of the points."""
        self.full_s = full_s
        self.coarse_s = full_s * max(0.15, coarse_share)

    def touched(self, now: float) -> None:
        """The user did something on the photo."""
        self._input = now

    def photo_asked(self, now: float) -> None:
        """A photo is about to show."""
        self._asked = now

    def changed(self, now: float) -> None:
        """Colours or lines changed."""
        self._is_stale, self._changed = True, now

    def moved(self, now: float) -> None:
        """The eye moved."""
        self._moved = now
        self.changed(now)

    def due(self, now: float, *, is_painting: bool) -> Quality | None:
        """Return what to draw now; None for nothing.

        Args:
            now: The time.
            is_painting: Whether a button is down on the photo.
        """
        is_moving = now - self._moved < _MOVE_ENDS_S
        if self.is_slow and is_painting:
            is_resting = now - self._input >= _REST_S
            return "coarse" if self._is_stale and is_resting and self._is_free(now) else None
        if not self._is_free(now):
            return None
        if self.is_slow and not is_moving and now - self._asked < _PHOTO_S:
            return None
        if self._is_stale:
            return "coarse" if self.is_slow else "full"
        quiet_since = max(self._moved, self._input, self._changed)
        if self._shown == "coarse" and not is_moving and now - quiet_since >= self._quiet_s:
            return "full"
        if self._repeat_at is not None and now >= self._repeat_at:
            return self._shown
        return None

    def due_with_event(self, now: float, *, has_colors: bool) -> Quality | None:
        """Return what to draw with the frame that follows a mouse event; None for nothing.

        That frame comes whatever is in it, and the next event waits until it is done: so a moving
        view need not wait for its turn. Colours of the whole cloud do, since many events can come
        between two ticks.

        Args:
            now: The time.
            has_colors: Whether the renderer has all colours of the whole cloud.
        """
        is_moving = now - self._moved < _MOVE_ENDS_S
        if not (is_moving and self._is_stale):
            return None
        if self.is_slow:
            return "coarse"
        return "full" if has_colors else None

    def drawn(self, now: float, quality: Quality) -> None:
        """A frame was asked for."""
        is_repeat = not self._is_stale and quality == self._shown
        self._is_stale, self._drawn, self._shown = False, now, quality
        frame_s = self.full_s if quality == "full" else self.coarse_s
        self._repeat_at = None if is_repeat else now + max(0.2, 1.5 * frame_s)

    @property
    def _quiet_s(self) -> float:
        """How long all must be quiet before a full frame: it holds up a stroke that begins in it.

        The slower the frame, the surer it must be that the hand does not come back meanwhile.
        """
        is_awaited = self.is_hand_near and self.full_s > _HEAVY_S
        return max(_QUIET_S, (8 if is_awaited else 3) * self.full_s)

    def _is_free(self, now: float) -> bool:
        frame_s = self.full_s if self._shown == "full" else self.coarse_s
        return now - self._drawn >= max(_SHORTEST_S, 1.2 * frame_s)
