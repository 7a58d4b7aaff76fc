"""`kill -9` at random moments of a scripted painting run; every finished step must be there."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent.parent


def main(arguments: list[str]) -> int:
    """Runs the test with as many kills as asked for."""
    parser = argparse.ArgumentParser(prog="bench.py kill", description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    options = parser.parse_args(arguments)
    start = perf_counter()
    command = [sys.executable, "-m", "pytest", "-q", "-s", "tests/project/test_kill.py"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=os.environ | {"O3D_PAINT_KILLS": str(options.kills)},
        check=False,
    )
    print(f"{perf_counter() - start:.0f} s")
    return done.returncode
