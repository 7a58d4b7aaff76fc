"""Measures quality and speed, each figure beside its baseline in the same run.

Usage: ``python scripts/bench.py NAME [options]``; without a name it lists the benches.
"""

from __future__ import annotations

import importlib
import sys

BENCHES = {
    "article": "the published method: our kernels against the naive loop, labels compared",
    "assist": "smart selection against truth, over seeds and classes",
    "endurance": "eight hours of work simulated: memory, speed, and ballots against a rebuild",
    "frames": "a frame while the eye moves against a full one, and what the panels take of it",
    "fuzz": "damaged files against every parser",
    "fuzz-guided": "damaged files that atheris finds by what they reach",
    "kill": "kill -9 at random points of a painting run",
    "live": "a brush movement, from the mouse to the colour buffer",
    "make-scene": "writes a large synthetic scene",
    "mutation": "small changes to the heart of the program against its tests",
    "quality": "labels for every point against truth, beside the published method",
    "real": "labels for every point of real captures against truth, over painters",
    "scale": "time and memory at 0.85, 3 and 12 million points",
    "suggest": "photos that are suggested against photos evenly spaced",
    "visibility": "which points may vote, against exact ray casting",
    "window": "from the mouse to the pixel on the screen",
    "window-endurance": "a long session in the real window: nothing lost, a clean end",
}


def main() -> int:
    """Runs the bench that is named first; its own options follow."""
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHES:
        print(__doc__)
        for name, title in BENCHES.items():
            print(f"  {name:<18}{title}")
        return 0 if len(sys.argv) < 2 else 2
    name = sys.argv[1]
    module = importlib.import_module(f"bench.{name.replace('-', '_')}")
    result: int = module.main(sys.argv[2:])
    return result


if __name__ == "__main__":
    sys.exit(main())
