"""Lets atheris look for inputs that reach new lines of a parser; needs atheris, nothing else does.

``python scripts/bench.py fuzz-guided [--only ply,pcd] [--inputs 100000] [--keep DIR]``

It starts from the sound files of `bench.fuzz`. What is no result and no `PaintError` ends the run
of its parser, and the input is kept.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

_PARSERS = (
    "npy", "mask-stacks", "coco", "sam", "grounded-sam", "labelme", "label-map", "run-lengths",
    "strokes", "taxonomy", "ply", "pcd", "text-cloud", "cloud-npz", "colmap-depth", "poses",
)  # fmt: skip
_LONGEST = 4096


def main(arguments: list[str]) -> int:
    """Prints a line for each parser; the result is 1 where one failed."""
    parser = argparse.ArgumentParser(prog="bench.py fuzz-guided", description=__doc__)
    parser.add_argument("--only", default=",".join(_PARSERS), help="parsers, with commas")
    parser.add_argument("--inputs", type=int, default=100_000, help="per parser")
    parser.add_argument("--keep", type=Path, default=Path("guided"), help="where failures go")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.here:
        _guide(options.only, options.inputs, options.keep)
    failed = 0
    for name in options.only.split(","):
        # atheris ends the process that it runs in.
        command = [sys.executable, sys.argv[0], "fuzz-guided", "--here", "--only", name]
        command += ["--inputs", str(options.inputs), "--keep", str(options.keep.absolute())]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        lines = [line for line in done.stderr.splitlines() if line.startswith(("Done", "#", "==="))]
        print(f"{name:<16}{'failed' if done.returncode else 'sound':<8}{lines[-1:]}", flush=True)
        if done.returncode:
            failed += 1
            print(done.stdout[-2000:] + done.stderr[-1500:])
    return 1 if failed else 0


def _guide(name: str, inputs: int, keep: Path) -> None:
    """Runs atheris on one parser; does not return."""
    import atheris

    with atheris.instrument_imports(include=["o3d_paint"]):
        from bench.fuzz_targets import TARGETS
        from o3d_paint.errors import PaintError

    keep.mkdir(parents=True, exist_ok=True)
    root = Path(tempfile.mkdtemp(prefix="o3d-paint-guided-"))
    corpus = root / "corpus"
    corpus.mkdir()
    files = TARGETS[name].make(root)
    for file in files:
        (corpus / file.name).write_bytes(file.read_bytes()[:_LONGEST])

    def one_input(data: bytes) -> None:
        file = files[len(data) % len(files)]
        file.write_bytes(data)
        try:
            TARGETS[name].read(root, file)
        except PaintError:
            return

    limits = [f"-runs={inputs}", f"-max_len={_LONGEST}", "-timeout=5", "-rss_limit_mb=2048"]
    atheris.Setup([name, *limits, f"-artifact_prefix={keep}/{name}-", str(corpus)], one_input)
    atheris.Fuzz()
