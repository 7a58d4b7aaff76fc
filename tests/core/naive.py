"""The published method in the fewest lines, slow and plain: what the fast one is held to."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree


def naive_transfer(xyz, painted, conf_thresh=0.4, tolerance=0.01):
    """Labels of the nearest points; painted holds (K, cam_from_world, depth, conf, mask)."""
    tree, labels = cKDTree(xyz), np.zeros(len(xyz), dtype=np.uint16)
    for k, cam_from_world, depth, conf, mask in painted:
        v, u = np.nonzero((mask > 0) & (conf > conf_thresh))
        z = depth[v, u].astype(np.float64)
        cam = np.stack([(u - k[0, 2]) / k[0, 0] * z, (v - k[1, 2]) / k[1, 1] * z, z], axis=1)
        world = (cam - cam_from_world[:3, 3]) @ cam_from_world[:3, :3]
        distance, index = tree.query(world)
        near = distance < tolerance
        labels[index[near]] = mask[v, u][near]
    return labels


def naive_vote(xyz, labels, radius=0.05, min_neighbors=3, batch_size=100_000):
    """Majority of labelled points in a ball around every unlabelled one."""
    fused, known, unknown = labels.copy(), np.flatnonzero(labels), np.flatnonzero(labels == 0)
    if not len(known):
        return fused
    tree = cKDTree(xyz[known])
    for start in range(0, len(unknown), batch_size):
        batch = unknown[start : start + batch_size]
        for i, around in zip(batch, tree.query_ball_point(xyz[batch], radius), strict=True):
            if len(around) >= min_neighbors:
                fused[i] = np.bincount(labels[known[around]]).argmax()
    return fused


def naive_article(xyz, painted, positions):
    """The whole method with its published constants."""
    labels = naive_transfer(xyz, painted)
    distance = np.full(len(xyz), np.inf)
    for position in positions:
        np.minimum(distance, np.linalg.norm(xyz - position, axis=1), out=distance)
    labels[distance > 5.0] = 0
    return labels, naive_vote(xyz, labels)
