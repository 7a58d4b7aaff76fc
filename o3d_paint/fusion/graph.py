"""The graph of a scene: voxel nodes that know place, colour and normal, and their neighbours.

Built once per scene; how far labels travel along it is decided later, by the weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import FloatArray, IndexArray, RgbArray
from o3d_paint.core.cells import Cells, Keys, Lattice
from o3d_paint.core.geometry import main_part
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.appearance import Looks

__all__ = ["Graph", "build_graph", "lab_from_rgb"]

_NEIGHBORS = 8
_NORMAL_RINGS = 3
_SAMPLE = 100_000
_LIGHTNESS = 0.3
_BRIDGES = 3
_BRIDGE_SEARCH = 32
_WIDE_PIECES = 64


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Voxels of a cloud as nodes; symmetric edges in compressed rows.

    Attributes:
        node_of: (N,) the node of every point.
        size: Edge of a voxel in scene units.
        count: (M,) points in each node.
        xyz: (M, 3) float32 mean place relative to `center`.
        center: (3,) the middle of the cloud.
        lab: (M, 3) float32 mean CIE Lab colour with lightness scaled down: exposure and shade
            change it more than hue.
        normal: (M, 3) float32 unit normals, sign arbitrary.
        looks: Both, sorted into bins.
        indptr: (M + 1,) int32 where each node's edges begin.
        indices: (E,) int32 the other end of each edge, ascending within a node.
        color: (E,) float32 squared colour difference.
        crease: (E,) float32 1 - |n.n'|.
        distance: (E,) float32 squared distance in units of `size` squared.
        bridge: (E,) whether the edge only joins a fragment to the rest.
    """

    node_of: IndexArray
    size: float
    count: IndexArray
    xyz: FloatArray
    center: FloatArray
    lab: FloatArray
    normal: FloatArray
    looks: Looks
    indptr: IndexArray
    indices: IndexArray
    color: FloatArray
    crease: FloatArray
    distance: FloatArray
    bridge: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.count)


def lab_from_rgb(rgb: FloatArray | RgbArray) -> FloatArray:
    """Return (M, 3) float32 CIE Lab, lightness scaled down, of sRGB colours (M, 3) in 0..255."""
    if not len(rgb):
        return np.zeros((0, 3), dtype=np.float32)
    scaled = (np.asarray(rgb, dtype=np.float32) / np.float32(255))[:, None, :]
    lab = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab), dtype=np.float32)[:, 0, :]
    lab[:, 0] *= _LIGHTNESS
    return lab


def target_nodes(num_points: int) -> int:
    """Return how many nodes suit a cloud: 80,000 at 0.9 million points, 300,000 at 12 million."""
    return max(1, min(num_points, int(80_000 * max(num_points / 880_000, 1.0) ** 0.5)))


def build_graph(
    cloud: PointCloud, *, nodes: int | None = None, progress: Progress | None = None
) -> Graph:
    """Build the graph of a cloud.

    Args:
        cloud: The points.
        nodes: About how many voxels to make; by the number of points where not given.
        progress: Told how far it is; may raise to cancel.
    """
    from o3d_paint.fusion.kernels.graph import edge_features, node_moments, ring_average

    report = progress or (lambda fraction, stage: None)
    report(0.0, "graph")
    part = main_part(cloud.xyz)
    scene = cloud.xyz if part.is_all else cloud.xyz[part.holds(cloud.xyz)]
    size, cells = _voxels(cloud.xyz, scene, nodes or target_nodes(len(cloud)))
    center = scene.mean(axis=0) if len(cloud) else np.zeros(3)
    moments, colors, node_of = node_moments(cloud.xyz, cloud.rgb, center, cells.order, cells.starts)
    report(0.4, "graph")
    count = moments[:, 0]
    xyz = np.ascontiguousarray(moments[:, 1:4] / count[:, None])
    lab = lab_from_rgb(colors / count[:, None])
    indptr, indices, bridge = connect(xyz, _NEIGHBORS)
    report(0.7, "graph")
    local: FloatArray = moments / count[:, None]
    for _ in range(_NORMAL_RINGS):
        local = ring_average(local, indptr, indices)
    normal = _normals(local)
    color, crease, distance = edge_features(indptr, indices, xyz, lab, normal)
    report(1.0, "graph")
    return Graph(
        node_of, size, count.astype(np.int32), xyz.astype(np.float32), center, lab, normal,
        Looks.of(lab, normal), indptr, indices, color, crease,
        distance / np.float32(size * size), bridge,
    )  # fmt: skip


def _voxels(xyz: FloatArray, scene: FloatArray, nodes: int) -> tuple[float, Cells]:
    """Return the voxel size that gives about so many voxels, and the points by voxel.

    Args:
        xyz: (N, 3) all points.
        scene: (K, 3) those of them that say how large the scene is.
        nodes: How many voxels.
    """
    from o3d_paint.core.kernels.cells import bounds

    if not len(xyz):
        return 1.0, Cells.group(np.zeros(0, dtype=np.int64))
    lowest, highest = bounds(scene)
    extent = float(np.linalg.norm(highest - lowest)) or 1.0
    sample = scene[:: max(1, len(scene) // _SAMPLE)]
    # Clouds are surfaces: four times the voxels at half the size. Few sampled points share a
    # voxel of the final size, so the guess is made where they do and corrected once.
    low, high = np.percentile(sample, [2, 98], axis=0)
    size = max(float(np.linalg.norm(high - low)), 1e-6 * extent) / np.sqrt(nodes)
    cells = None
    for _ in range(6):
        lattice = Lattice.around(xyz, size, pad=1)
        cells = Cells.group(lattice.keys(xyz))
        ratio = len(cells.keys) / nodes
        if 0.8 < ratio < 1.25 or len(cells.keys) == len(xyz) <= nodes:
            break
        size *= min(max(ratio**0.5, 0.25), 4.0)
    assert cells is not None
    return size, cells


def connect(
    xyz: FloatArray, neighbors: int
) -> tuple[IndexArray, IndexArray, npt.NDArray[np.bool_]]:
    """Join every node with its nearest ones, then fragments with what is nearest to them.

    Returns:
        indptr (M + 1,), indices (E,) of a symmetric graph in one piece, and (E,) whether an edge
        only joins fragments.
    """
    from scipy.sparse import coo_array
    from scipy.spatial import cKDTree

    num = len(xyz)
    if num < 2:
        none = np.zeros(0, dtype=np.int32)
        return np.zeros(num + 1, dtype=np.int32), none, none.astype(bool)
    k = min(neighbors + 1, num)
    tree = cKDTree(xyz, balanced_tree=False, compact_nodes=False)
    around = tree.query(xyz, k=k, workers=-1)[1].reshape(num, k)
    rows, columns = np.repeat(np.arange(num), k), around.ravel()
    far_rows, far_columns = _bridges(xyz, rows, columns)
    near = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(num, num)).tocsr()
    near = near.maximum(near.T)
    near.setdiag(0)
    near.eliminate_zeros()
    far = coo_array((np.full(len(far_rows), 2, np.int8), (far_rows, far_columns)), shape=(num, num))
    both = near.maximum(far.tocsr().maximum(far.tocsr().T))
    both.sort_indices()
    return both.indptr.astype(np.int32), both.indices.astype(np.int32), both.data == 2


def _bridges(xyz: FloatArray, rows: Keys, columns: Keys) -> tuple[Keys, Keys]:
    """Return edges that join all fragments: each to its nearest others, until one piece is left."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    num = len(xyz)
    none = np.zeros(0, dtype=np.int64)
    found_rows, found_columns = [none], [none]
    while True:
        adjacency = coo_array((np.ones(len(rows), np.int8), (rows, columns)), shape=(num, num))
        pieces, piece_of = connected_components(adjacency, directed=False)
        if pieces <= 1:
            return np.concatenate(found_rows), np.concatenate(found_columns)
        small, target, distance = _nearest_elsewhere(xyz, piece_of)
        order = np.lexsort((distance, piece_of[small]))
        ordered = piece_of[small][order]
        rank = np.arange(len(order)) - np.searchsorted(ordered, ordered)
        chosen = order[rank < _BRIDGES]
        found_rows.append(small[chosen])
        found_columns.append(target[chosen])
        rows = np.concatenate([rows, small[chosen]])
        columns = np.concatenate([columns, target[chosen]])


def _nearest_elsewhere(xyz: FloatArray, piece_of: Keys) -> tuple[Keys, Keys, FloatArray]:
    """Return the nodes outside the largest piece, the nearest node of another piece, and how far.

    Pieces beyond the first few that are large themselves look at the largest piece only.
    """
    from scipy.spatial import cKDTree

    sizes = np.bincount(piece_of)
    largest = int(sizes.argmax())
    small, main = np.flatnonzero(piece_of != largest), np.flatnonzero(piece_of == largest)
    distance, nearest = cKDTree(xyz[main]).query(xyz[small], workers=-1)
    target = main[nearest]
    mine = piece_of[small]
    k = min(_BRIDGE_SEARCH, len(small))
    near, who = cKDTree(xyz[small]).query(xyz[small], k=k, workers=-1)
    near, who = near.reshape(len(small), k), who.reshape(len(small), k)
    near = np.where(mine[who] == mine[:, None], np.inf, near)
    first = near.argmin(axis=1)[:, None]
    near = np.take_along_axis(near, first, axis=1)[:, 0]
    who = np.take_along_axis(who, first, axis=1)[:, 0]
    wide = np.flatnonzero((sizes >= k) & (np.arange(len(sizes)) != largest))
    for piece in wide[np.argsort(-sizes[wide], kind="stable")][:_WIDE_PIECES]:
        own, others = np.flatnonzero(mine == piece), np.flatnonzero(mine != piece)
        if len(others):
            near[own], nearest = cKDTree(xyz[small[others]]).query(xyz[small[own]], workers=-1)
            who[own] = others[nearest]
    closer = near < distance
    return small, np.where(closer, small[who], target), np.where(closer, near, distance)


def _normals(moments: FloatArray) -> FloatArray:
    """Return (M, 3) float32 directions of least spread from summed moments (M, 10)."""
    if not len(moments):
        return np.zeros((0, 3), dtype=np.float32)
    mean = moments[:, 1:4] / moments[:, :1]
    square = moments[:, 4:10] / moments[:, :1]
    rows, columns = np.triu_indices(3)
    covariance = np.zeros((len(moments), 3, 3))
    covariance[:, rows, columns] = square - mean[:, rows] * mean[:, columns]
    covariance[:, columns, rows] = covariance[:, rows, columns]
    return np.asarray(np.linalg.eigh(covariance)[1][:, :, 0], dtype=np.float32)
