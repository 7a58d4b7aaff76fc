"""How long work tells how far it is."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Progress"]

Progress = Callable[[float, str], None]
"""Called with the share done, 0..1, and the stage; may raise to cancel."""
