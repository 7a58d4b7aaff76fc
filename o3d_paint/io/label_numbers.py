"""Labels of clouds: what the numbers in a file mean, by the rules that hold for masks."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import MAX_CLASS_ID
from o3d_paint.errors import FormatError
from o3d_paint.io.class_joining import listed
from o3d_paint.io.class_numbers import NumberRules, guessed_voids

__all__ = ["numbered_labels"]


def numbered_labels(
    numbers: npt.NDArray[np.integer], names: Mapping[int, str], rules: NumberRules, where: str
) -> tuple[IdArray, dict[int, str], list[str]]:
    """Return labels as class ids, with the names of these.

    Args:
        numbers: (N,) as the file has them; those below 0 are unlabelled.
        names: Of the file's numbers, where it names them.
        rules: What the user says.
        where: Names the file in messages.

    Returns:
        (N,) ids, 0 for unlabelled; names by id; and what was guessed or had no effect, one sentence
        each.

    Raises:
        FormatError: A number is too large to be a class.
    """
    low, high = int(numbers.min(initial=0)), int(numbers.max(initial=0))
    if high > MAX_CLASS_ID + 1 or low < -MAX_CLASS_ID:
        msg = f"{where} must hold class ids, whole numbers up to {MAX_CLASS_ID}"
        raise FormatError(msg)
    shifted = numbers.astype(np.int32) - low
    present = {int(i) + low for i in np.flatnonzero(np.bincount(shifted))}
    first = 1 if rules.first_id is None else rules.first_id
    notes: list[str] = []
    void = {number for number in present if number < 0}
    for text in rules.ignore:
        void |= {i for i in present if _is_meant(text, i, names)}
    if rules.guesses:
        counted = [n for n in present - void if n or not first]
        guessed = guessed_voids(counted, names)
        void |= set(guessed)
        if guessed:
            notes.append(
                f"Labels of {where} that are not counted, since the largest number beside small"
                f" ones is rarely a class: {listed(guessed)}; --ignore none counts them."
            )
    new_ids = {n: n - first + 1 for n in present - void if n >= first}
    if max(new_ids.values(), default=0) > MAX_CLASS_ID:
        msg = f"{where} must hold class ids, whole numbers up to {MAX_CLASS_ID}"
        raise FormatError(msg)
    kept = {n - first + 1: name for n, name in names.items() if n >= first and n not in void}
    table = np.zeros(high - low + 1, dtype=np.uint16)
    for old, new in new_ids.items():
        table[old - low] = new
    return table[shifted], kept, notes


def _is_meant(text: str, number: int, names: Mapping[int, str]) -> bool:
    """Return whether a user calls a number by itself or by the name of its class."""
    is_named = names.get(number, "").strip().casefold() == text.strip().casefold()
    return text.strip() == str(number) or (bool(text.strip()) and is_named)
