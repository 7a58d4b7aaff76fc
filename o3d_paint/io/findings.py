"""What a reader comes upon that a user has to be told: parts that cannot be used, and voids."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

__all__ = ["Findings"]

_MOST_EXAMPLES = 3


@dataclass(slots=True)
class _Kind:
    """Parts that are left out for one reason."""

    count: int = 0
    examples: list[str] = field(default_factory=list)


class Findings:
    """What was left out of a file or folder, and what in it means no class; grows while reading."""

    def __init__(self) -> None:
        """Start with nothing."""
        self._kinds: dict[tuple[str, str], _Kind] = {}
        self._void: set[str] = set()
        self._others: list[Findings] = []

    @property
    def void(self) -> frozenset[str]:
        """The file's own words for pixels that it marks as of no class."""
        return frozenset(self._void.union(*(other.void for other in self._others)))

    def leave_out(self, part: str, reason: str, where: str) -> None:
        """Note a part that cannot be used while the rest can.

        Args:
            part: What it is, one of them: ``annotation``.
            reason: Why, to follow it: ``without an outline``.
            where: Names the part.
        """
        kind = self._kinds.setdefault((part, reason), _Kind())
        kind.count += 1
        if len(kind.examples) < _MOST_EXAMPLES:
            kind.examples.append(where)

    def call_void(self, word: str) -> None:
        """Note a value or name that the file marks pixels of no class with."""
        self._void.add(word)

    def include(self, other: Findings) -> None:
        """Tell also what another one comes upon, from now on too."""
        self._others.append(other)

    def sentences(self) -> Iterator[str]:
        """Yield a sentence for each kind of part and reason, with examples."""
        for (part, reason), kind in self._all().items():
            noun = part if kind.count == 1 else f"{part}s"
            dots = " …" if kind.count > len(kind.examples) else ""
            listed = ", ".join(kind.examples) + dots
            yield f"Left out: {kind.count:,} {noun} {reason} ({listed})."

    def _all(self) -> dict[tuple[str, str], _Kind]:
        """Return all kinds, those of others included."""
        merged: dict[tuple[str, str], _Kind] = {}
        for kinds in (self._kinds, *(other._all() for other in self._others)):
            for key, kind in kinds.items():
                known = merged.setdefault(key, _Kind())
                known.count += kind.count
                known.examples = [*known.examples, *kind.examples][:_MOST_EXAMPLES]
        return merged
