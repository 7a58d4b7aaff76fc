"""Mutants that no test can notice, since a caller sees nothing of them, and why."""

from __future__ import annotations

__all__ = ["EQUIVALENT"]

_PIECES = "the size of the pieces decides about memory, not about what is found"
_SCALE = "a bend is a ratio of inverse depths: their unit cancels"
_HASTE = "what lies so far out is near no point of the cloud: leaving it out saves time alone"
_SIGN = "only the sign is asked for, and it is 1 or -1"
_TABLE = 'a table with a place more that says "no column" too'
_RESHAPE = "NumPy takes every negative length for the one that is left open"

EQUIVALENT: dict[tuple[str, str, str], str] = {
    ("core.visibility", "_CHUNK = 1 << 18", "1 -> 2"): _PIECES,
    ("core.visibility", "_CHUNK = 1 << 18", "18 -> 19"): _PIECES,
    (
        "core.visibility",
        "nearness = np.where(depth > 0, 1.0 / depth, np.nan).astype(np.float32)",
        "1.0 -> 2.0",
    ): _SCALE,
    (
        "core.visibility",
        "scale = min(1.0, _ZBUFFER_LONG_SIDE / max(view.size))",
        "1.0 -> 2.0",
    ): "a mask has 1080 lines at least, so the second is always smaller",
    ("fusion.article", "_PAD = 2", "2 -> 3"): "a wider margin of empty cells around the lattice",
    ("fusion.article", "batch_size: int = 100_000", "100_000 -> 100001"): _PIECES,
    (
        "fusion.article",
        "camera_positions = np.array(positions).reshape(-1, 3)",
        "1 -> 2",
    ): _RESHAPE,
    (
        "fusion.article",
        "within = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))",
        "(points >= low) & (points <= high) -> (points >= low) | (points <= high)",
    ): _HASTE,
    (
        "fusion.article",
        "within = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))",
        "points >= low -> points > low",
    ): _HASTE,
    (
        "fusion.article",
        "within = np.flatnonzero(((points >= low) & (points <= high)).all(axis=1))",
        "points <= high -> points < high",
    ): _HASTE,
    (
        "core.ballots",
        "self._column_of = np.full(1, -1, dtype=np.int64)",
        "1 -> 2",
    ): 'the table grows with the first class; -2 says "no column" like -1',
    (
        "core.ballots",
        "return votes",
        "return votes -> return None",
    ): "a photo without votes drops none of them, whichever way it is taken up",
    ("core.ballots", "self._count(points, before, by=-1)", "1 -> 2"): _SIGN,
    ("core.ballots", "self._count(points, after, by=1)", "1 -> 2"): _SIGN,
    ("core.ballots", "if by > 0:", "by > 0 -> by >= 0"): _SIGN,
    ("core.ballots", "highest = int(labels.max(initial=0))", "0 -> 1"): _TABLE,
    ("core.ballots", "longer = np.full(highest + 1, -1, dtype=np.int64)", "1 -> 2"): _TABLE,
    (
        "core.ballots",
        "wanted = mask.reshape(-1)[index.pixel[entries]]",
        "1 -> 2",
    ): _RESHAPE,
}
"""By module, line and change, as `bench.mutation` prints them."""
