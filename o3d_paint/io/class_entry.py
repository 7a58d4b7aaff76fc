"""One class as a list of classes gives it, and the names that mean no class at all."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ClassEntry", "is_empty_name", "is_void_name"]

_EMPTY = {"_background_", "__background__"}
_VOID = {"__ignore__", "_ignore_"}
_OF_NO_CLASS = {
    *_EMPTY,
    *_VOID,
    "background",
    "bg",
    "ignore",
    "ignored",
    "none",
    "unannotated",
    "unknown",
    "unlabeled",
    "unlabelled",
    "void",
}
_USUAL_NUMBERS = (0, 255, 65_535)


@dataclass(frozen=True, slots=True)
class ClassEntry:
    """A class as far as a file gives it.

    Attributes:
        number: Its number in masks and labels; None where the file has names alone.
        name: Its name.
        color: Its sRGB colour, as written; None where the file has none.
    """

    number: int | None
    name: str
    color: tuple[int, int, int] | None = None


def is_empty_name(name: str, number: int | None = None) -> bool:
    """Return whether a class is what labels call unlabelled: labelme's ``_background_``.

    Args:
        name: Its name.
        number: Its number in the file: names such as "background" mean it at 0 alone.
    """
    folded = name.strip().casefold()
    return folded in _EMPTY or (number == 0 and folded in _OF_NO_CLASS)


def is_void_name(name: str, number: int | None = None) -> bool:
    """Return whether a class marks what is to be left out of account: labelme's ``__ignore__``.

    Args:
        name: Its name.
        number: Its number in the file: names such as "void" mean it at the usual numbers alone,
            255, the largest of 16 bits, and those below 0.
    """
    folded = name.strip().casefold()
    if folded in _VOID:
        return True
    is_usual = number is not None and (number < 0 or number in _USUAL_NUMBERS)
    return is_usual and not is_empty_name(name, number) and folded in _OF_NO_CLASS
