"""Mutants that no test can notice, since a caller sees nothing of them, and why."""

from __future__ import annotations

__all__ = ["EQUIVALENT"]

_PIECES = "the size of the pieces decides about memory, not about what is found"
_SCALE = "a bend is a ratio of inverse depths: their unit cancels"
_HASTE = "what lies so far out is near no point of the cloud: leaving it out saves time alone"
_SIGN = "only the sign is asked for, and it is 1 or -1"
_TABLE = 'a table with a place more that says "no column" too'
_COARSER = "coarser copies of a graph decide about time, not about what is found"
_MENDED = "how far a start is mended decides about time, not about what is found"
_ROWS = "slices that are wider than what is read of them"
_IDS = "ids are at most 65,535: a place more stays empty"
_FAINT = "what such an edge leaves is less than a millionth"
_ENDLESS = "a number beyond all distances, whichever it is"
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
        "fusion.confidence",
        "own, other = np.minimum(own, _ENDLESS), np.minimum(other, _ENDLESS**2)",
        "2 -> 3",
    ): _ENDLESS,
    (
        "fusion.confidence",
        "known = np.interp(own / np.maximum(own + other, 1 / _ENDLESS), _BETWEEN, _OWN_NEARER)",
        "1 -> 2",
    ): _ENDLESS,
    (
        "fusion.confidence",
        "_ENDLESS = 1e9",
        "1e9 -> 1000000001.0",
    ): _ENDLESS,
    ("fusion.graph", "mean = moments[:, 1:4] / moments[:, :1]", "4 -> 5"): _ROWS,
    ("fusion.graph", "square = moments[:, 4:10] / moments[:, :1]", "10 -> 11"): _ROWS,
    (
        "fusion.random_walk",
        "_FIXED_TRUST = 1e4",
        "1e4 -> 10001.0",
    ): "a hold that gives way by less than single precision tells",
    (
        "fusion.random_walk",
        "_TOLERANCE, _ITERATIONS = 2e-6, 1000",
        "1000 -> 1001",
    ): "a limit that no scene comes near: the residual stops it",
    (
        "fusion.random_walk",
        "believed = np.minimum(total / np.maximum(votes.counts, 1), 1) ** np.float32(_TRUST_POWER)",
        "1 -> 2",
    ): "no vote is believed more than wholly: the ratio is never above 1 but for rounding",
    (
        "fusion.random_walk",
        "shares: FloatArray = potentials / np.where(total > 0, total, np.float32(1))",
        "1 -> 2",
    ): "nothing divided by whatever is nothing",
    ("fusion.refine", "_PIECE = 1 << 17", "1 -> 2"): _PIECES,
    ("fusion.refine", "_PIECE = 1 << 17", "17 -> 18"): _PIECES,
    (
        "fusion.refine",
        "differs = np.abs(share - before.share).max(axis=1) * np.minimum(mass, 1)",
        "1 -> 2",
    ): "a probability is above 1 by rounding alone",
    (
        "fusion.refine",
        "row_of = np.full(len(cloud), -1, dtype=np.int32)",
        "1 -> 2",
    ): "any number below 0 says that a point has no row",
    ("fusion.solver", "_COARSEST = 4", "4 -> 5"): _COARSER,
    ("fusion.solver", "_MOST_LEVELS = 30", "30 -> 31"): _COARSER,
    (
        "fusion.solver",
        "while len(conductance) < _MOST_LEVELS and len(conductance[-1]) > _COARSEST:",
        "len(conductance) < _MOST_LEVELS and len(conductance[-1]) > _COARSEST"
        " -> len(conductance) < _MOST_LEVELS or len(conductance[-1]) > _COARSEST",
    ): _COARSER,
    (
        "fusion.solver",
        "while len(conductance) < _MOST_LEVELS and len(conductance[-1]) > _COARSEST:",
        "len(conductance) < _MOST_LEVELS -> len(conductance) <= _MOST_LEVELS",
    ): _COARSER,
    (
        "fusion.solver",
        "while len(conductance) < _MOST_LEVELS and len(conductance[-1]) > _COARSEST:",
        "len(conductance[-1]) > _COARSEST -> len(conductance[-1]) >= _COARSEST",
    ): _COARSER,
    ("fusion.solver", "_LEFT, _RINGS, _MOST_LOCAL = 8.0, 6, 0.5", "8.0 -> 9.0"): _MENDED,
    ("fusion.solver", "_LEFT, _RINGS, _MOST_LOCAL = 8.0, 6, 0.5", "6 -> 7"): _MENDED,
    ("fusion.solver", "_LOCAL_TOLERANCE, _LOCAL_ITERATIONS = 0.03, 60", "60 -> 61"): _MENDED,
    (
        "fusion.solver",
        "if not 0 < count <= _MOST_LOCAL * len(b):",
        "0 < count <= _MOST_LOCAL * len(b) -> 0 <= count <= _MOST_LOCAL * len(b)",
    ): "a correction of no node corrects nothing",
    (
        "fusion.solver",
        "if not 0 < count <= _MOST_LOCAL * len(b):",
        "0 < count <= _MOST_LOCAL * len(b) -> 0 < count < _MOST_LOCAL * len(b)",
    ): _MENDED,
    (
        "fusion.solver",
        "for begin, end, after in zip(starts[:-2], starts[1:-1], starts[2:], strict=True):",
        "True -> False",
    ): "all three are cut from one array and equally long",
    (
        "fusion.solver",
        "for first in range(0, num_columns if num_nodes else 0, LANES):",
        "0 -> 1",
    ): "a column of no nodes holds nothing",
    (
        "fusion.solver",
        "levels.parents, starts, np.float32(1) / diagonal, iterations, tolerance,",
        "1 -> 2",
    ): "conjugate gradients do not know the scale of what preconditions them",
    ("fusion.node_votes", "seen = np.zeros(65536, dtype=bool)", "65536 -> 65537"): _IDS,
    (
        "fusion.overruled",
        "total, over, unsure, left = fates(painted, labels, 1 << 16)",
        "1 -> 2",
    ): _IDS,
    (
        "fusion.overruled",
        "total, over, unsure, left = fates(painted, labels, 1 << 16)",
        "16 -> 17",
    ): _IDS,
    (
        "fusion.stroke_trust",
        "around = cv2.dilate(np.where(own, depth_in, 0), reach)",
        "0 -> 1",
    ): "no pixel of a stroke is less than 1 inside it",
    (
        "fusion.stroke_trust",
        "beyond = np.where(barrier < 255, np.exp(-(strength**2)), 0)",
        "barrier < 255 -> barrier <= 255",
    ): _FAINT,
    (
        "fusion.stroke_trust",
        "beyond = np.where(barrier < 255, np.exp(-(strength**2)), 0)",
        "255 -> 256",
    ): _FAINT,
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
