"""What a pixel of a depth map can be."""

from __future__ import annotations

__all__ = ["DOUBTED", "HOLE", "RIM", "SMOOTH", "TRUSTED", "UNSURE"]

HOLE, UNSURE, RIM, SMOOTH = 0, 1, 2, 3
"""States of pixels: without depth, on no surface, beside a jump of one, on one."""

DOUBTED, TRUSTED = 1, 2
"""Levels of pixels with depth: below the confidence that the scene asks for, and above."""
