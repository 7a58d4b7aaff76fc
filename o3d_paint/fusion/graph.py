"""The graph of a scene: voxel nodes that know place, colour and normal, and their neighbours.

Section 1 of `assets/docs/fusion.md`. Built once per scene. Nodes are the occupied cells of one
global grid, whose corners are multiples of its step, and all that is summed over points is summed
as whole numbers: neither the order of the points nor the piece of a cloud that is looked at changes
a bit of a node.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, FloatArray, IndexArray, RgbArray
from o3d_paint.core.progress import Progress
from o3d_paint.core.scene import PointCloud
from o3d_paint.fusion.appearance import Looks
from o3d_paint.fusion.neighbors import connect
from o3d_paint.fusion.solver import Levels, build_levels
from o3d_paint.fusion.voxels import grid_center, voxels

__all__ = ["Graph", "build_graph", "edge_weights", "lab_from_rgb"]

_NEIGHBORS = 8
_NORMAL_RINGS = 3
# Of colours that are compared across photos: exposure and shade change lightness more than hue.
_LIGHTNESS = 0.3
# Changes of colour are counted in units of what neighbours usually differ by, per channel: print
# and grain of one scene are noise that another scene does not have. Up to one unit (root mean
# square) is noise, every .4 more slows labels by 1/e. The unit is never below .3 of CIE Lab, what
# 8 bits leave. Tried on a made scene, two real captures, and flat ones with classes of one colour:
# a linear slope holds borders that nodes straddle, which a square one of two half steps does not.
_LEAST_NOISE, _NOISE, _COLOR_SCALE = 0.3, 1.0, 0.4
# 1 - |cosine| of the normals that slows labels by 1/e; .2 to .4 are equal on made and real scenes.
_CREASE_SCALE = 0.3
# No edge stops labels altogether: a part of a wall that nothing but strong edges joins to the rest
# takes its label from all around it, not from the weakest edge alone.
_LEAST_WEIGHT = 5e-4
# Nodes of one or two points are often strays between surfaces, and conduct less.
_FULL_NODE = 3.0
# Fragments are joined by edges as weak as a strong border, weaker with the square of the gap.
_BRIDGE = 3e-3


@dataclass(frozen=True, slots=True, eq=False)
class Graph:
    """Voxels of a cloud as nodes; symmetric edges in compressed rows.

    Attributes:
        node_of: (N,) the node of every point.
        size: Edge of a voxel in scene units.
        count: (M,) points in each node.
        xyz: (M, 3) float32 mean place relative to `center`.
        center: (3,) a corner of the grid in the middle of the cloud.
        lab: (M, 3) float32 mean CIE Lab colour with lightness scaled down: exposure and shade
            change it more than hue.
        normal: (M, 3) float32 unit normals, sign arbitrary.
        looks: Both, sorted into bins.
        indptr: (M + 1,) int32 where each node's edges begin.
        indices: (E,) int32 the other end of each edge, ascending within a node.
        color: (E,) float32 colour difference, in units of what neighbours usually differ by.
        crease: (E,) float32 1 - |n.n'|.
        bridge: (E,) whether the edge only joins a fragment to the rest.
        levels: The graph weighted by `edge_weights`, and coarser copies of it for the solver.
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
    bridge: BoolArray
    levels: Levels

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.count)


def lab_from_rgb(rgb: FloatArray | RgbArray, lightness: float = _LIGHTNESS) -> FloatArray:
    """Return (M, 3) float32 CIE Lab, lightness scaled down, of sRGB colours (M, 3) in 0..255."""
    if not len(rgb):
        return np.zeros((0, 3), dtype=np.float32)
    scaled = (np.asarray(rgb, dtype=np.float32) / np.float32(255))[:, None, :]
    lab = np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2Lab), dtype=np.float32)[:, 0, :]
    lab[:, 0] *= lightness
    return lab


def build_graph(
    cloud: PointCloud, *, nodes: int | None = None, progress: Progress | None = None
) -> Graph:
    """Build the graph of a cloud.

    Args:
        cloud: The points.
        nodes: About how many voxels to make; by the number of points and their spacing where not
            given.
        progress: Told how far it is; may raise to cancel.
    """
    from o3d_paint.fusion.kernels.graph import edge_features, node_sums, ring_average

    report = progress or (lambda fraction, stage: None)
    report(0.0, "graph")
    size, cells = voxels(cloud.xyz, nodes)
    center = grid_center(cloud.xyz, size)
    count, moments, colors, node_of = node_sums(
        cloud.xyz, cloud.rgb, center, size, cells.order, cells.starts
    )
    report(0.4, "graph")
    xyz = np.ascontiguousarray(moments[:, 1:4])
    mean_rgb = colors / count[:, None]
    indptr, indices, bridge = connect(xyz, _NEIGHBORS)
    report(0.7, "graph")
    local: FloatArray = moments
    for _ in range(_NORMAL_RINGS):
        local = ring_average(local, indptr, indices)
    normal = _normals(local)
    change, crease = edge_features(indptr, indices, lab_from_rgb(mean_rgb, 1.0), normal)
    color = _in_units_of_noise(change, bridge)
    near = xyz.astype(np.float32)
    weights = edge_weights(indptr, indices, count, color, crease)
    _weaken_bridges(weights, bridge, indptr, indices, near / np.float32(size))
    levels = build_levels(indptr, indices, weights)
    report(1.0, "graph")
    lab = lab_from_rgb(mean_rgb)
    return Graph(
        node_of, size, count.astype(np.int32), near, center, lab, normal, Looks.of(lab, normal),
        indptr, indices, color, crease, bridge, levels,
    )  # fmt: skip


def edge_weights(
    indptr: IndexArray,
    indices: IndexArray,
    count: npt.NDArray[np.int64],
    color: FloatArray,
    crease: FloatArray,
) -> FloatArray:
    """Return (E,) float32: about 1 where nothing changes across an edge, less where much does.

    Equation (5) of `assets/docs/fusion.md`. Independent of the density of the points but for nodes
    of very few.

    Args:
        indptr: (M + 1,) where each node's edges begin.
        indices: (E,) their other ends.
        count: (M,) points in each node.
        color: (E,) colour differences in units of what neighbours usually differ by.
        crease: (E,) 1 - |n.n'|.
    """
    slowed = np.maximum(color - np.float32(_NOISE), 0) / np.float32(_COLOR_SCALE)
    slowed += crease / np.float32(_CREASE_SCALE)
    full = np.sqrt(np.minimum(count / _FULL_NODE, 1)).astype(np.float32)
    start = np.repeat(np.arange(len(count)), np.diff(indptr))
    weights: FloatArray = (np.exp(-slowed) + np.float32(_LEAST_WEIGHT)) * full[start]
    weights *= full[indices]
    return weights


def _weaken_bridges(
    weights: FloatArray,
    bridge: BoolArray,
    indptr: IndexArray,
    indices: IndexArray,
    xyz: FloatArray,
) -> None:
    """Write the weights of bridges, whose length counts in edges of a voxel."""
    edges = np.flatnonzero(bridge)
    start = np.searchsorted(indptr, edges, side="right") - 1
    squared = np.square(xyz[start] - xyz[indices[edges]]).sum(axis=1)
    weights[edges] = np.float32(_BRIDGE) / np.maximum(squared, 1)


def _in_units_of_noise(change: FloatArray, bridge: BoolArray) -> FloatArray:
    """Return (E,) root mean squares over channels of colour changes (E, 3), by their medians.

    Equation (4) of `assets/docs/fusion.md`.
    """
    if not len(change):
        return np.zeros(0, dtype=np.float32)
    noise = np.maximum(np.median(change[~bridge], axis=0), _LEAST_NOISE).astype(np.float32)
    measured: FloatArray = np.sqrt(np.square(change / noise).mean(axis=1))
    return measured


def _normals(moments: FloatArray) -> FloatArray:
    """Return (M, 3) float32 directions of least spread from summed mean moments (M, 10)."""
    if not len(moments):
        return np.zeros((0, 3), dtype=np.float32)
    mean = moments[:, 1:4] / moments[:, :1]
    square = moments[:, 4:10] / moments[:, :1]
    rows, columns = np.triu_indices(3)
    covariance = np.zeros((len(moments), 3, 3))
    covariance[:, rows, columns] = square - mean[:, rows] * mean[:, columns]
    covariance[:, columns, rows] = covariance[:, rows, columns]
    return np.asarray(np.linalg.eigh(covariance)[1][:, :, 0], dtype=np.float32)
