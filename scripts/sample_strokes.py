"""Records the demonstration's strokes: five photos of the default sample scene.

Run it when the sample scene changes: ``python scripts/sample_strokes.py``.
"""

from __future__ import annotations

import json
from pathlib import Path

from o3d_paint.io.sample import CLASS_NAMES, generate_sample
from o3d_paint.io.sample.hand import hand_series
from o3d_paint.io.sample.painter import strokes_document

PHOTOS = (10, 4, 13, 7, 1)
STROKES_PER_PHOTO = 24
PLACE = Path(__file__).resolve().parent.parent / "assets" / "strokes" / "sample.json"


def main() -> None:
    """Writes ``assets/strokes/sample.json``."""
    sample = generate_sample()
    strokes = hand_series(sample, PHOTOS, STROKES_PER_PHOTO)
    document = strokes_document(strokes, CLASS_NAMES, sample.truth_pixels.shape[1:])
    PLACE.parent.mkdir(parents=True, exist_ok=True)
    PLACE.write_text(json.dumps(document, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{sum(map(len, strokes.values()))} strokes on {len(PHOTOS)} photos: {PLACE}")


if __name__ == "__main__":
    main()
