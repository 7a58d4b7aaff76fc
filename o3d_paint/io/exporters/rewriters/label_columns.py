"""Columns of labels in a cloud that has columns of its own: which are replaced, which are new."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from o3d_paint.io.clouds.columns import Scale, color_columns
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene, class_colors

__all__ = ["LabelColumns", "colored", "fits", "label_columns"]

Column = npt.NDArray[np.generic]

_PREFIX = "o3d_"
_COLORS = ("red", "green", "blue")
_16_BIT = 257


@dataclass(frozen=True, slots=True, eq=False)
class LabelColumns:
    """What is written into a file's columns, and behind them.

    Attributes:
        replaced: (N,) values by the name of the column whose values they take the place of.
        added: (N,) values of new columns, in turn.
        painted: Names of the columns of red, green and blue, and their scale, where these get the
            colours of classes; None where colours stay.
        rgb: (N, 3) uint8 colours for them.
        notes: What is called otherwise, or not done, one sentence each.
    """

    replaced: dict[str, Column]
    added: dict[str, Column]
    painted: tuple[tuple[str, ...], Scale] | None
    rgb: npt.NDArray[np.uint8]
    notes: tuple[str, ...]


def label_columns(
    labelled: LabelledScene, names: Sequence[str], options: ExportOptions
) -> LabelColumns:
    """Return the columns of labels.

    The column that labels were read from holds them again. ``source`` and ``confidence`` replace
    those of an earlier export of this program, and never another program's.

    Args:
        labelled: Rows that are written.
        names: Columns of the cloud's file.
        options: What the user wishes.
    """
    origin = labelled.scene.origin
    column = None if origin is None else origin.label_column
    values: dict[str, Column] = {
        "label": labelled.labels.astype(np.int32),
        "source": labelled.source.astype(np.uint8),
    }
    if labelled.confidence is not None:
        values["confidence"] = labelled.confidence.astype(np.float32)
    mine = _written_before(names) if column in names else {}
    if column is not None and column in names:
        mine["label"] = column
    if labelled.confidence is None and "confidence" in mine:
        # What it says is of labels that are there no more.
        values["confidence"] = np.zeros(len(labelled.labels), dtype=np.float32)
    replaced: dict[str, Column] = {}
    added: dict[str, Column] = {}
    notes: list[str] = []
    for usual, given in values.items():
        name = mine.get(usual)
        if name is not None:
            replaced[name] = given
            continue
        name = _free(usual, names)
        added[name] = given
        if name != usual:
            notes.append(
                f"The cloud has a column {usual!r} of its own, which stays: that of the labels is"
                f" called {name!r}."
            )
    wishes = options.color_by == "label"
    rgb = class_colors(labelled.labels, labelled.taxonomy) if wishes else labelled.scene.cloud.rgb
    found = color_columns(names)
    if found is None and len(rgb) and (wishes or (rgb != rgb[0]).any()):
        # Where neither file nor photos know any colour, all are of one grey.
        added = {**{name: rgb[:, i] for i, name in enumerate(_COLORS)}, **added}
    elif found is not None and found[1] == "splat" and wishes:
        notes.append("Colours of Gaussian splats stay: --color-by label has no effect on them.")
        found = None
    painted = found if wishes else None
    return LabelColumns(replaced, added, painted, rgb, tuple(notes))


def _written_before(names: Sequence[str]) -> dict[str, str]:
    """Return the columns that an earlier export of this program added, by what they hold."""
    # All three names together are what it writes where the file has none of them.
    wrote = {"label", "source", "confidence"} <= set(names)
    wrote |= any(f"{_PREFIX}{usual}" in names for usual in ("source", "confidence"))
    if not wrote:
        return {}
    tried = {usual: (f"{_PREFIX}{usual}", usual) for usual in ("source", "confidence")}
    found = {usual: [n for n in both if n in names] for usual, both in tried.items()}
    return {usual: both[0] for usual, both in found.items() if both}


def colored(
    rgb: npt.NDArray[np.uint8], kind: np.dtype[np.generic], scale: Scale
) -> npt.NDArray[np.float64]:
    """Return (N,) 8-bit values of a channel in the units of the column that they replace.

    Args:
        rgb: (N,) values.
        kind: Type of the column.
        scale: Of the column, as `color_columns` says.
    """
    values = rgb.astype(np.float64)
    if scale == "unit" or kind.kind == "f":
        return values / 255
    return values * _16_BIT if kind.itemsize > 1 else values


def fits(values: Column, kind: np.dtype[np.generic]) -> bool:
    """Return whether a type holds all of some values exactly."""
    return bool((values.astype(kind).astype(values.dtype) == values).all())


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name that no column has yet."""
    tried = [name, f"{_PREFIX}{name}", *(f"{_PREFIX}{name}_{i}" for i in range(2, len(taken) + 3))]
    return next(n for n in tried if n not in taken)
