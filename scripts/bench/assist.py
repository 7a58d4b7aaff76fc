"""Smart selection against the truth of the sample scene.

A simulated user presses on a random pixel of a region, not on its border, and drags while looking
at the live preview: the drag stops where the preview is best, out of 150 lengths from 3 to 1500
mask pixels. Nothing else is known to the tool. The *region* is what is visible of one class, held
together by neighbouring pixels whose true depths differ by less than 2 % (so that a figure before
another is a region of its own), of 150 pixels at least. IoU is taken at mask resolution.

Rows: *anywhere* presses on any pixel of the region that no border touches; *well inside* at least
four pixels of the photo from any border; *rough* is the first with drags that are off by up to
15 % from the radius of a disc as large as the region, however that looks; *fill* is one click
without a drag; *joined* takes regions held together by neighbouring pixels alone.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator
from time import perf_counter

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from o3d_paint.core.camera import Camera
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.selection.assist import Growth, fill, start_growth
from o3d_paint.core.selection.photo_features import PhotoFeatures, prepare_features
from o3d_paint.io.sample import CLASS_NAMES, Sample, SampleOptions, generate_sample

CLASSES = (1, 2, 3, 4)
LENGTHS = np.geomspace(3, 1500, 150)
LEAST_PIXELS, STEP = 150, 1.02
Mask = NDArray[np.bool_]


def main(arguments: list[str]) -> int:
    """Prints mean IoU by class, and times."""
    parser = argparse.ArgumentParser(prog="bench.py assist", description=__doc__)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3, 4])
    parser.add_argument("--photos", type=int, default=15, help="photos of each seed")
    parser.add_argument("--presses", type=int, default=3, help="per class and photo")
    options = parser.parse_args(arguments)
    found: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    times: dict[str, list[float]] = defaultdict(list)
    for seed in options.seeds:
        sample = generate_sample(SampleOptions(seed=seed))
        rng = np.random.default_rng([seed, 9])
        for idx in np.linspace(0, len(sample.photos) - 1, options.photos).round().astype(int):
            measure(sample, int(idx), presses=options.presses, rng=rng, found=found, times=times)
        print(f"seed {seed} done", flush=True)
    show(found, times)
    return 0


def measure(
    sample: Sample,
    idx: int,
    *,
    presses: int,
    rng: np.random.Generator,
    found: dict[str, dict[int, list[float]]],
    times: dict[str, list[float]],
) -> None:
    """Presses on one photo and notes IoU and times."""
    frame = frame_of(sample, idx)
    start = perf_counter()
    features = prepare_features(frame)
    times["prepare, once per photo"].append(perf_counter() - start)
    truth, depth = sample.truth_pixels[idx], sample.true_depth[idx]
    surfaces, joined = regions_of(truth, depth), regions_of(truth, None)
    empty = np.zeros(features.mask_shape, np.uint16)
    protocols = (("anywhere", surfaces, 1), ("well inside", surfaces, 4), ("joined", joined, 1))
    for name, regions, margin in protocols:
        for class_id, u, v in pixels_to_press(truth, regions, presses, margin=margin, rng=rng):
            region = regions == regions[v, u]
            wanted = enlarged(region, features.mask_shape)
            press = tuple((np.array([u, v]) + 0.5) * features.mask_shape[0] / len(truth) - 0.5)
            start = perf_counter()
            growth = start_growth(features, press)
            times["press"].append(perf_counter() - start)
            found[name][class_id].append(best_stop(growth, region, wanted, times["drag"]))
            if name == "anywhere":
                radius = np.sqrt(wanted.sum() / np.pi) * rng.uniform(0.85, 1.15)
                found["rough"][class_id].append(iou(*growth.select(radius), wanted))
                start = perf_counter()
                filled = fill(features, empty, press)
                times["fill"].append(perf_counter() - start)
                found["fill"][class_id].append(iou(*filled, wanted))


def frame_of(sample: Sample, idx: int) -> Frame:
    """Returns a photo of the sample as the program sees it."""
    pose = np.eye(4)
    pose[:3] = sample.extrinsics[idx]
    h, w = sample.depth[idx].shape
    camera = Camera.from_matrix(sample.intrinsics[idx], w, h)
    photo = ArrayPhoto(sample.photos[idx])
    return Frame(str(idx), camera, pose, photo, sample.depth[idx], sample.confidence[idx])


def regions_of(truth: NDArray[np.uint8], depth: NDArray[np.float32] | None) -> NDArray[np.int32]:
    """Returns (h, w) the number of the region of each pixel; no depth holds any apart."""
    h, w = truth.shape
    number = np.arange(h * w).reshape(h, w)
    first, second = [], []
    for a, b in ((np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:-1], np.s_[1:])):
        same = truth[a] == truth[b]
        if depth is not None:
            same &= np.maximum(depth[a], depth[b]) <= STEP * np.minimum(depth[a], depth[b])
        first.append(number[a][same])
        second.append(number[b][same])
    i, j = np.concatenate(first), np.concatenate(second)
    graph = coo_matrix((np.ones(len(i), np.int8), (i, j)), shape=(h * w, h * w))
    region: NDArray[np.int32] = connected_components(graph, directed=False)[1]
    return region.reshape(h, w)


def pixels_to_press(
    truth: NDArray[np.uint8],
    regions: NDArray[np.int32],
    count: int,
    *,
    margin: int,
    rng: np.random.Generator,
) -> Iterator[tuple[int, int, int]]:
    """Yields class, u and v of random pixels well inside large enough regions."""
    size = np.bincount(regions.ravel())[regions]
    kernel = np.ones((2 * margin + 1,) * 2, np.uint8)
    for class_id in CLASSES:
        inside = cv2.erode((truth == class_id).astype(np.uint8), kernel, borderValue=0) > 0
        lines, columns = np.nonzero(inside & (size >= LEAST_PIXELS))
        if len(lines):
            for k in rng.choice(len(lines), min(count, len(lines)), replace=False):
                yield class_id, int(columns[k]), int(lines[k])


def best_stop(growth: Growth, region: Mask, wanted: Mask, times: list[float]) -> float:
    """Returns the IoU of the best preview; the three best by whole regions are looked at."""
    features: PhotoFeatures = growth.features
    count = len(features.regions)
    hits = np.bincount(features.region[region], minlength=count)
    scores: dict[bytes, tuple[float, float]] = {}
    for length in LENGTHS:
        members = growth.regions_within(float(length))
        hit = (members * hits).sum()
        score = hit / ((members * features.regions.area).sum() + hits.sum() - hit)
        scores.setdefault(members.tobytes(), (float(score), float(length)))
    best = 0.0
    for _, length in sorted(scores.values(), reverse=True)[:3]:
        start = perf_counter()
        rect, coverage = growth.select(length)
        times.append(perf_counter() - start)
        best = max(best, iou(rect, coverage, wanted))
    return best


def enlarged(region: Mask, shape: tuple[int, int]) -> Mask:
    """Returns a region at mask resolution, by nearest pixel centres."""
    size = (shape[1], shape[0])
    large = cv2.resize(region.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST_EXACT)
    return np.asarray(large > 0)


def iou(rect: Rect, coverage: Mask, wanted: Mask) -> float:
    """Returns intersection over union of a selection and the region."""
    hit = int((coverage & wanted[rect.slices]).sum())
    return hit / (int(coverage.sum()) + int(wanted.sum()) - hit)


def show(found: dict[str, dict[int, list[float]]], times: dict[str, list[float]]) -> None:
    """Prints the tables."""
    print(f"{'mean IoU (median)':<20}" + "".join(f"{CLASS_NAMES[c]:>18}" for c in CLASSES))
    for name in ("anywhere", "well inside", "joined", "rough", "fill"):
        values = (found[name][c] for c in CLASSES)
        cells = (f"{np.mean(v):.3f} ({np.median(v):.3f})" for v in values)
        print(f"{name:<20}" + "".join(f"{cell:>18}" for cell in cells))
    print("presses " + ", ".join(f"{CLASS_NAMES[c]} {len(found['anywhere'][c])}" for c in CLASSES))
    for name, seconds in times.items():
        median, slow = 1e3 * np.median(seconds), 1e3 * np.percentile(seconds, 95)
        print(
            f"{name:<26} median {median:7.1f} ms, p95 {slow:7.1f} ms, max {1e3 * max(seconds):.1f}"
        )
