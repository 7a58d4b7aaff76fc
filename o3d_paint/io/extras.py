"""Libraries that only some formats need."""

from __future__ import annotations

import importlib
from contextlib import suppress
from types import ModuleType

from o3d_paint.errors import MissingExtraError

__all__ = ["LAZ_LIBRARIES", "require", "require_any"]

LAZ_LIBRARIES = ("lazrs", "laszip")
"""What laspy leaves compression to: either will do."""


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


def require_any(modules: tuple[str, ...], *, extra: str, purpose: str) -> ModuleType:
    """Import the first of some optional libraries that is installed; the rest as in `require`.

    Raises:
        MissingExtraError: None is installed.
    """
    for module in modules[1:]:
        with suppress(MissingExtraError):
            return require(module, extra=extra, purpose=purpose)
    return require(modules[0], extra=extra, purpose=purpose)
