"""Records the demonstration's strokes: five photos of the default sample scene.

Run it when the sample scene changes: ``python scripts/sample_strokes.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from o3d_paint.io.sample import CLASS_NAMES, sample_scene_path
from o3d_paint.io.sample.hand import hand_strokes
from o3d_paint.io.sample.painter import strokes_document

PHOTOS = (1, 4, 7, 10, 13)
STROKES_PER_PHOTO = 16
PLACE = Path(__file__).resolve().parent.parent / "assets" / "strokes" / "sample.json"


def main() -> None:
    """Writes ``assets/strokes/sample.json``."""
    with np.load(sample_scene_path().with_name("truth.npz")) as file:
        truth = file["truth_pixels"]
    strokes = {idx: hand_strokes(truth[idx], STROKES_PER_PHOTO, seed=idx) for idx in PHOTOS}
    document = strokes_document(strokes, CLASS_NAMES, truth.shape[1:])
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{sum(map(len, strokes.values()))} strokes on {len(PHOTOS)} photos: {PLACE}")


if __name__ == "__main__":
    main()
