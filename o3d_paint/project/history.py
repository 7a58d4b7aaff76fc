"""What can be undone and redone.

Steps are kept as the bytes that also go to disk: a day of painting takes little memory, and
nothing that was handed out can change the past.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from o3d_paint.project.codec import PackedEdits, encode_step, step_name
from o3d_paint.project.steps import Step

__all__ = ["Entry", "History"]


@dataclass(frozen=True, slots=True)
class Entry:
    """A step at rest.

    Attributes:
        name: Of the step, for menus.
        data: The step, packed.
    """

    name: str
    data: bytes

    @classmethod
    def of(cls, step: Step) -> Entry:
        """Pack a step."""
        return cls(step.name, encode_step(step))

    @classmethod
    def packed(cls, data: bytes) -> Entry:
        """Take over a packed step.

        Raises:
            ValueError: The bytes are not a step.
        """
        return cls(step_name(data), data)

    def edits(self, *, inverted: bool = False) -> PackedEdits:
        """Return the edits of the step, or those that take it back.

        Raises:
            ValueError: The step is damaged.
        """
        return PackedEdits(self.data, inverted=inverted)


class History:
    """Two stacks of steps, bounded in number and in bytes."""

    def __init__(
        self,
        *,
        max_steps: int = 1000,
        min_steps: int = 200,
        soft_bytes: int = 64 << 20,
        hard_bytes: int = 512 << 20,
    ) -> None:
        """Start empty.

        Args:
            max_steps: The oldest steps beyond this number are forgotten.
            min_steps: Number of steps that are kept even beyond ``soft_bytes``.
            soft_bytes: Beyond this, steps older than ``min_steps`` are forgotten.
            hard_bytes: Beyond this, any but the newest step is forgotten.
        """
        self._max_steps = max_steps
        self._min_steps = min_steps
        self._soft_bytes = soft_bytes
        self._hard_bytes = hard_bytes
        self._done: deque[Entry] = deque()
        self._undone: list[Entry] = []
        self._nbytes = 0

    def __len__(self) -> int:
        """Return the number of steps that can be undone."""
        return len(self._done)

    @property
    def nbytes(self) -> int:
        """Memory of all steps, in bytes."""
        return self._nbytes

    @property
    def undo_name(self) -> str | None:
        """Name of the step that `undo` takes back; None without one."""
        return self._done[-1].name if self._done else None

    @property
    def redo_name(self) -> str | None:
        """Name of the step that `redo` brings back; None without one."""
        return self._undone[-1].name if self._undone else None

    @property
    def done(self) -> tuple[Entry, ...]:
        """What can be undone, oldest first."""
        return tuple(self._done)

    @property
    def undone(self) -> tuple[Entry, ...]:
        """What can be redone; the last one comes first."""
        return tuple(self._undone)

    def push(self, entry: Entry) -> None:
        """Add a step that was just done; what could be redone is forgotten."""
        self._nbytes += len(entry.data) - sum(len(e.data) for e in self._undone)
        self._undone.clear()
        self._done.append(entry)
        self._forget()

    def undo(self) -> Entry | None:
        """Move the newest step to those that can be redone; None without one."""
        if not self._done:
            return None
        entry = self._done.pop()
        self._undone.append(entry)
        return entry

    def redo(self) -> Entry | None:
        """Move the step that was undone last back; None without one."""
        if not self._undone:
            return None
        entry = self._undone.pop()
        self._done.append(entry)
        return entry

    def restore(self, done: Sequence[Entry], undone: Sequence[Entry]) -> None:
        """Take over what a file remembers."""
        self._done = deque(done)
        self._undone = list(undone)
        self._nbytes = sum(len(e.data) for e in (*done, *undone))
        self._forget()

    def _forget(self) -> None:
        """Drop the oldest steps beyond the bounds."""
        while len(self._done) > 1 and (
            len(self._done) > self._max_steps
            or self._nbytes > self._hard_bytes
            or (self._nbytes > self._soft_bytes and len(self._done) > self._min_steps)
        ):
            self._nbytes -= len(self._done.popleft().data)
