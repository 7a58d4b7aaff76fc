"""The table that ``fuse`` ends with."""

from __future__ import annotations

from typing import Any

__all__ = ["conflict_lines", "summary_lines"]

_MOST_PAIRS = 5


def summary_lines(report: dict[str, Any]) -> list[str]:
    """Return coverage and points per class of a report as lines of text."""
    coverage = report["coverage"]
    points = report["scene"]["points"]
    lines = [f"{points:,} points, method {report['method']}"]
    for name in ("painted", "accepted", "fused", "confident"):
        entry = coverage[name]
        if name == "accepted" and not entry["points"]:
            continue
        part = entry.get("share_of_fused")
        more = "" if part is None else f"  {part:.1%} of the fused ones"
        lines.append(f"  {name:<10} {entry['points']:>12,}  {entry['share']:7.1%}{more}")
    used = [c for c in report["classes"] if c["painted"] or c["fused"]]
    width = max((len(c["name"]) for c in used), default=5)
    lines.append(f"  {'class':<{width}} {'painted':>12} {'fused':>12}")
    for c in used:
        lines.append(f"  {c['name']:<{width}} {c['painted']:>12,} {c['fused']:>12,}")
    if len(used) < len(report["classes"]):
        lines.append(f"  {len(report['classes']) - len(used)} classes without a point")
    total = sum(report["seconds"].values())
    return [*lines, *conflict_lines(report["conflicts"]), f"  {total:.1f} s"]


def conflict_lines(conflicts: list[dict[str, Any]]) -> list[str]:
    """Return the pairs of classes that photos confuse most as lines of text."""
    if not conflicts:
        return []
    lines = ["  photos disagree on points between"]
    for found in conflicts[:_MOST_PAIRS]:
        lines.append(f"    {' and '.join(found['names'])}: {found['points']:,}")
    if len(conflicts) > _MOST_PAIRS:
        rest = sum(c["points"] for c in conflicts[_MOST_PAIRS:])
        lines.append(f"    {len(conflicts) - _MOST_PAIRS} other pairs: {rest:,}")
    return lines
