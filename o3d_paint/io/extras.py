"""Libraries that only some formats need."""

from __future__ import annotations

import importlib
from types import ModuleType

from o3d_paint.errors import MissingExtraError

__all__ = ["require"]


def require(module: str, *, extra: str, purpose: str) -> ModuleType:
    """Import an optional library.

    Args:
        module: Its import name.
        extra: The extra of this package that brings it.
        purpose: What it is needed for, for the message.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        msg = f"{purpose} needs {module}: install it with pip install 'o3d-paint[{extra}]'"
        raise MissingExtraError(msg) from error
