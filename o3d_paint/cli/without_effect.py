"""What to say of an option that changes nothing about what was asked."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["without_effect"]


def without_effect(given: Mapping[str, bool], where: str) -> list[str]:
    """Return a sentence that names the options which were given and have no effect; none, or one.

    Args:
        given: By name as it is typed: whether it was given.
        where: The end of the sentence: when it has none, and where it works.
    """
    names = [name for name, is_given in given.items() if is_given]
    if not names:
        return []
    verb = "has" if len(names) == 1 else "have"
    listed = " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)
    return [f"{listed} {verb} no effect {where}."]
