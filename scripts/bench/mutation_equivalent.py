"""Mutants that no test can notice, since a caller sees nothing of them, and why."""

from __future__ import annotations

__all__ = ["EQUIVALENT"]

EQUIVALENT: dict[tuple[str, str], str] = {}
"""By module and change, as `bench.mutation` prints it."""
