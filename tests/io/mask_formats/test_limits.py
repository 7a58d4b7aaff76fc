"""Memory and time of masks with many regions, classes and photos, measured in a child process."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from o3d_paint.io.mask_formats.rle import text_from_counts
from tests.io.ball_on_floor import arrays, save

resource = pytest.importorskip("resource", reason="there is no way to measure memory here")

READ = """
    import re, resource, sys
    from pathlib import Path
    from types import SimpleNamespace
    from o3d_paint.io.masks import load_masks

    path, height, width, photos = sys.argv[1], *map(int, sys.argv[2:])
    photo = SimpleNamespace(height=height, width=width, turn=0)
    frames = tuple(
        SimpleNamespace(name=f"{i:03d}", photo=photo, mask_shape=(height, width))
        for i in range(photos)
    )

    def peak():
        status = Path("/proc/self/status")
        if status.exists():
            # On Linux ru_maxrss begins with the peak of the process that started this one.
            return int(re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1]) >> 10
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 20

    before = peak()
    found = load_masks(path, SimpleNamespace(frames=frames, turn_masks=None))
    print(len(found.masks), len(found.taxonomy), peak() - before)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_utime)
"""


def read(path, height, width, photos):
    """Masks and classes read, the peak of memory in MB beyond the program itself, seconds."""
    words = [sys.executable, "-c", textwrap.dedent(READ), path, height, width, photos]
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, check=True)
    masks, classes, peak, seconds = done.stdout.split()
    return int(masks), int(classes), int(peak), float(seconds)


def written(path, categories, images, annotations):
    document = {
        "images": [
            {"id": i, "file_name": f"{i:03d}.jpg", "height": h, "width": w}
            for i, (h, w) in enumerate(images)
        ],
        "categories": [{"id": i, "name": f"class {i}"} for i in range(1, categories + 1)],
        "annotations": annotations,
    }
    path.write_text(json.dumps(document))
    return path


def boxes(count, height, width):
    """Boxes of many sizes, as polygons and as run lengths by turns."""
    rng = np.random.default_rng(0)
    for number in range(count):
        x, y = int(rng.integers(0, width // 2)), int(rng.integers(0, height // 2))
        w, h = (int(v) for v in rng.integers(20, min(height, width) // 2, 2))
        if number % 2:
            segmentation = [[x, y, x + w, y, x + w, y + h, x, y + h]]
        else:
            counts = [x * height + y, h, *[height - h, h] * (w - 1)]
            counts.append(height * width - sum(counts))
            segmentation = {"size": [height, width], "counts": text_from_counts(counts)}
        yield {"image_id": 0, "category_id": 1 + number % 5, "segmentation": segmentation}


@pytest.mark.parametrize(
    ("count", "height", "width", "most"),
    # A few maps of so many pixels, whatever the number of regions; each would be a map by itself.
    [(800, 3000, 4000, 250), (300, 6000, 8000, 700)],
)
def test_many_regions_take_the_memory_of_a_few_maps(tmp_path, count, height, width, most):
    annotations = list(boxes(count, height, width))
    path = written(tmp_path / "c.json", 5, [(height, width)], annotations)
    masks, classes, peak, seconds = read(path, height, width, 1)
    assert (masks, classes) == (1, 5)
    assert peak < most
    assert seconds < 60


def test_thousands_of_categories_take_seconds(tmp_path):
    annotations = [
        {
            "image_id": 0,
            "segmentation": [[0, 4 * i, 60, 4 * i, 60, 4 * i + 4, 0, 4 * i + 4]],
        }
        for i in range(10)
    ]
    scene = save(tmp_path / "scene.npz", arrays()[0])
    seconds = []
    # The first run compiles what is not compiled yet.
    for categories in (10, 10, 3000):
        for number, annotation in enumerate(annotations):
            annotation["category_id"] = 1 + number * (categories - 1) // 9
        masks = written(tmp_path / "c.json", categories, [(40, 60)], annotations)
        words = ["fuse", scene, "--masks", masks, "-y", "-o", tmp_path / "o.ply"]
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        done = subprocess.run(
            [sys.executable, "-m", "o3d_paint", *map(str, words), "-o", tmp_path / "o.glb"],
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        seconds.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    assert seconds[-1] - seconds[-2] < 3
    assert "2990 classes without a point" in done.stdout
    assert len(done.stdout.splitlines()) < 40


@pytest.mark.parametrize("ending", ["npz", "npy"])
def test_stacks_are_read_a_photo_at_a_time(tmp_path, ending):
    height, width, photos = 1500, 2000, 60
    stack = np.zeros((photos, height, width), np.uint8)
    stack[:, : height // 2], stack[:, height // 2 :] = 1, 2
    path = tmp_path / f"masks.{ending}"
    if ending == "npz":
        np.savez_compressed(path, masks=stack)
    else:
        np.save(path, stack)
    masks, classes, peak, seconds = read(path, height, width, photos)
    assert (masks, classes) == (photos, 2)
    assert stack.nbytes > 170 << 20
    assert peak < 100
    assert seconds < 30
