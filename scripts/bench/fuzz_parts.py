"""What the sound files of `bench.fuzz` are made of: two tiny photos with depth and poses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

H, W, PHOTOS = 24, 32, 2
_RNG = np.random.default_rng(0)
K = np.array([[30.0, 0, 15.5], [0, 30, 11.5], [0, 0, 1]])
DEPTH = _RNG.uniform(1, 3, (PHOTOS, H, W)).astype(np.float32)
IMAGES = _RNG.integers(0, 255, (PHOTOS, H, W, 3), dtype=np.uint8)
POSES = np.tile(np.eye(4), (PHOTOS, 1, 1))
POSES[1, :3, 3] = 0.1, 0.0, 0.2
MASK = (np.arange(H * W).reshape(H, W) // 50 % 4).astype(np.uint8)


def npz_file(path: Path, **arrays: np.ndarray) -> Path:
    """Writes an NPZ and returns where."""
    with path.open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    return path


def text_file(path: Path, text: str) -> Path:
    """Writes a text and returns where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def photo(path: Path, i: int = 0) -> Path:
    """Writes a photo and returns where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(IMAGES[i]).save(path)
    return path


def depth_picture(path: Path, i: int = 0) -> Path:
    """Writes a depth in millimetres and returns where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((DEPTH[i] * 1000).astype(np.uint16)).save(path)
    return path


def matrix_text(matrix: np.ndarray) -> str:
    """Returns a matrix, a line a row."""
    return "\n".join(" ".join(f"{v:.6f}" for v in row) for row in matrix)


def matrix_lines(poses: np.ndarray) -> str:
    """Returns matrices, a line each."""
    return "\n".join(" ".join(f"{v:.6f}" for v in p.ravel()) for p in poses)
