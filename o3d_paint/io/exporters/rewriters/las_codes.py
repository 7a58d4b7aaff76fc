"""Which LAS classification every class has in a file that keeps its own point format."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import IdArray
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io.exporters.las import standard_code

__all__ = ["ClassCodes", "class_codes"]

_UNCLASSIFIED = 1
_FIRST_USER_CODE = 64
_STANDARD = 23
"""Codes below have, or may get, a meaning of the standard's; see table 17 of LAS 1.4 R15."""


@dataclass(frozen=True, slots=True, eq=False)
class ClassCodes:
    """Classification by class id.

    Attributes:
        table: (max id + 1,) codes; 1 where a class has none, and 0 for no class.
        names: Of the classes that have a code, by code.
        codeless: Names of the classes that have none.
        misread: Names of classes whose code means something else in the standard.
    """

    table: npt.NDArray[np.uint8]
    names: dict[int, str]
    codeless: tuple[str, ...]
    misread: tuple[str, ...]

    def of(self, labels: IdArray, old: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Return the codes of (N,) labels.

        Points without a label stay as they were where that is 0 (never classified) or 1
        (unclassified), and become 0 elsewhere.
        """
        known = np.where(labels < len(self.table), labels, 0)
        unlabelled = np.where(old <= _UNCLASSIFIED, old, 0)
        return np.where(labels == 0, unlabelled, self.table[known]).astype(np.uint8)


def class_codes(taxonomy: Taxonomy, labels: IdArray, *, limit: int) -> ClassCodes:
    """Return the code of each class.

    A class with a name of the standard's has the standard's code, any other its own number. Of two
    that meet the one of the standard's name keeps it, and the other has one of those from 64 on
    that the standard leaves to users, where the point format can hold it.

    Args:
        taxonomy: The classes.
        labels: (N,) ids; only classes that occur are told of.
        limit: Codes that the point format can hold: 32 or 256.
    """
    used = set(np.unique(labels).tolist())
    table = np.full(max((c.class_id for c in taxonomy), default=0) + 1, _UNCLASSIFIED, np.uint8)
    table[0] = 0
    names: dict[int, str] = {}
    codeless, misread = [], []
    ids = {c.class_id for c in taxonomy}
    wanted = [(standard_code(c.name), c) for c in taxonomy]
    for standard, found in sorted(wanted, key=lambda pair: pair[0] is None):
        code = found.class_id if standard is None else standard
        if code in names:
            code = next((c for c in range(_FIRST_USER_CODE, limit) if c not in ids), limit)
        if code >= limit or code in names:
            codeless += [f"{found.name} ({found.class_id})"] * (found.class_id in used)
            continue
        table[found.class_id] = code
        names[code] = found.name
        if standard is None and code < _STANDARD and found.class_id in used:
            misread.append(f"{found.name} ({code})")
    return ClassCodes(table, names, tuple(codeless), tuple(misread))
