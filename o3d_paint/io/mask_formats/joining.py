"""Masks of several files as one set, with one list of classes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.findings import Findings
from o3d_paint.io.mask_formats.class_table import ClassTable
from o3d_paint.io.mask_formats.mask_set import VOID, MaskSet

__all__ = ["joined_sets", "with_table"]


def joined_sets(parts: Sequence[MaskSet], source: Path) -> MaskSet:
    """Join masks; classes of the same name get one id.

    Ids stay where the files agree on them, so that one file and a folder that holds it alone mean
    the same; names without numbers are numbered by the alphabet, over all files.

    Args:
        parts: At least one.
        source: The folder, for messages.

    Raises:
        FormatError: The parts are of different kinds.
    """
    first = parts[0]
    if len(parts) == 1:
        return first
    if any(p.is_in_order or p.has_classes != first.has_classes for p in parts):
        msg = f"{source} mixes stacks of several photos with others: give one kind at a time"
        raise FormatError(msg)
    findings = Findings()
    for part in parts:
        findings.include(part.findings)
    masks = tuple(m for p in parts for m in p.masks)
    whole = MaskSet(first.format, masks, has_classes=first.has_classes, findings=findings)
    if not any(p.names for p in parts):
        return whole
    names: dict[int, str] = {}
    colors: dict[int, tuple[int, int, int]] = {}
    if _agree(parts):
        for part in parts:
            names |= part.names
            colors |= part.colors
        return replace(whole, names=names, colors=colors, shift=first.shift)
    folded = {n.strip().casefold(): n.strip() for p in parts for n in p.names.values()}
    ids = {key: i for i, key in enumerate(sorted(folded, key=folded.__getitem__), start=1)}
    renumbered = []
    for part in parts:
        new_ids = {old: ids[name.strip().casefold()] for old, name in part.names.items()}
        colors |= {new_ids[i]: c for i, c in part.colors.items() if i in new_ids}
        renumbered += [mask.renumbered(new_ids) for mask in part.masks]
    return replace(
        whole,
        masks=tuple(renumbered),
        names={i: folded[key] for key, i in ids.items()},
        colors=colors,
        numbers_are_made_up=True,
    )


def with_table(masks: MaskSet, table: ClassTable) -> MaskSet:
    """Return masks whose ids mean what a class list beside them says."""
    if not table.names:
        return masks
    entries = masks.masks
    if table.shift:
        moved = {i: i + table.shift for i in range(VOID - table.shift)}
        entries = tuple(m.renumbered(moved) for m in entries)
    return replace(masks, masks=entries, names=table.names, colors=table.colors, shift=table.shift)


def _agree(parts: Sequence[MaskSet]) -> bool:
    """Return whether all files give their classes the same numbers, and none made them up."""
    if any(p.numbers_are_made_up or p.shift != parts[0].shift for p in parts):
        return False
    by_id: dict[int, str] = {}
    by_name: dict[str, int] = {}
    for part in parts:
        for class_id, name in part.names.items():
            key = name.strip().casefold()
            if (
                by_id.setdefault(class_id, key) != key
                or by_name.setdefault(key, class_id) != class_id
            ):
                return False
    return True
