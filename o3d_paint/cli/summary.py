"""The table that ``fuse`` and ``export`` end with."""

from __future__ import annotations

from typing import Any

from o3d_paint.cli.terminal import say

__all__ = ["print_conflicts", "print_summary"]

_MOST_PAIRS = 5


def print_summary(report: dict[str, Any], *, quiet: bool) -> None:
    """Print coverage and points per class of a report."""
    coverage = report["coverage"]
    points = report["scene"]["points"]
    say(f"{points:,} points, method {report['method']}", quiet=quiet)
    for name in ("painted", "accepted", "fused", "confident"):
        entry = coverage[name]
        if name == "accepted" and not entry["points"]:
            continue
        part = entry.get("share_of_fused")
        more = "" if part is None else f"  {part:.1%} of the fused ones"
        say(f"  {name:<10} {entry['points']:>12,}  {entry['share']:7.1%}{more}", quiet=quiet)
    used = [c for c in report["classes"] if c["painted"] or c["fused"]]
    width = max((len(c["name"]) for c in used), default=5)
    say(f"  {'class':<{width}} {'painted':>12} {'fused':>12}", quiet=quiet)
    for c in used:
        say(f"  {c['name']:<{width}} {c['painted']:>12,} {c['fused']:>12,}", quiet=quiet)
    if len(used) < len(report["classes"]):
        say(f"  {len(report['classes']) - len(used)} classes without a point", quiet=quiet)
    print_conflicts(report["conflicts"], quiet=quiet)
    total = sum(report["seconds"].values())
    say(f"  {total:.1f} s", quiet=quiet)


def print_conflicts(conflicts: list[dict[str, Any]], *, quiet: bool) -> None:
    """Print the pairs of classes that photos confuse most."""
    if not conflicts:
        return
    say("  photos disagree on points between", quiet=quiet)
    for found in conflicts[:_MOST_PAIRS]:
        say(f"    {' and '.join(found['names'])}: {found['points']:,}", quiet=quiet)
    if len(conflicts) > _MOST_PAIRS:
        rest = sum(c["points"] for c in conflicts[_MOST_PAIRS:])
        say(f"    {len(conflicts) - _MOST_PAIRS} other pairs: {rest:,}", quiet=quiet)
