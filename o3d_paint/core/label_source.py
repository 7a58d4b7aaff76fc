"""Where the label of a point comes from, as every output writes it."""

from __future__ import annotations

__all__ = ["ACCEPTED", "FUSED", "NONE", "PAINTED"]

NONE, PAINTED, FUSED, ACCEPTED = 0, 1, 2, 3
"""Unlabelled; a photo or the 3D brush said so; inferred by fusion; an accepted prediction.

An accepted prediction is no paint: it is as sure as it was when it was accepted, or less.
"""
