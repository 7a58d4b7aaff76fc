"""What other installed packages add, found by entry points; see `o3d_paint.plugins`.

What cannot be loaded, is of another type or takes a name of the program's own is left out with a
warning that names it. What fails later, at work, is a `PaintError` that names it too. The
traceback of either goes to the log file.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Container
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Literal, ParamSpec, TypeVar, get_args

from o3d_paint.errors import FormatError, PaintError
from o3d_paint.log_file import record_failure

__all__ = ["GROUPS", "PluginWarning", "guarded", "installed"]

Group = Literal[
    "o3d_paint.importers", "o3d_paint.exporters", "o3d_paint.tools", "o3d_paint.class_lists"
]
GROUPS: tuple[Group, ...] = get_args(Group)
"""Of entry points."""

_Plugin = TypeVar("_Plugin")
_Result = TypeVar("_Result")
_Arguments = ParamSpec("_Arguments")


class PluginWarning(UserWarning):
    """A plug-in that was left out."""


def installed(
    group: Group, kind: type[_Plugin], *, taken: Container[str] = ()
) -> dict[str, _Plugin]:
    """Return the plug-ins of a group by name; broken ones are named in a warning and left out.

    Args:
        group: One of `GROUPS`.
        kind: The type that they must be of.
        taken: Names that the program itself uses.
    """
    found: dict[str, _Plugin] = {}
    for entry, plugin, problem in _loaded(group):
        if not problem and not isinstance(plugin, kind):
            problem = f"it is {type(plugin).__name__}, expected {kind.__name__}"
        if not problem and (entry.name in taken or entry.name in found):
            problem = "its name is taken: give it another"
        if problem:
            msg = f"the plug-in {_described(entry)} is left out: {problem}"
            warnings.warn(msg, PluginWarning, stacklevel=2)
        elif isinstance(plugin, kind):
            found[entry.name] = plugin
    return found


def guarded(work: Callable[_Arguments, _Result], name: str) -> Callable[_Arguments, _Result]:
    """Return a function of a plug-in whose failures are sentences that name it.

    Args:
        work: The function.
        name: Of the plug-in, for the message.
    """

    def safely(*args: _Arguments.args, **kwargs: _Arguments.kwargs) -> _Result:
        try:
            return work(*args, **kwargs)
        except (PaintError, MemoryError):
            raise
        except (Exception, SystemExit) as error:
            where = record_failure(f"the plug-in {name!r} failed", error)
            msg = (
                f"the plug-in {name!r} failed ({type(error).__name__}: {error}): tell its author,"
                f" or uninstall it{'; ' if where else ''}{where}"
            )
            raise FormatError(msg) from error

    return safely


@cache
def _loaded(group: str) -> tuple[tuple[EntryPoint, object, str], ...]:
    """Return every entry point of a group with what it holds, or why it cannot be loaded."""
    results: list[tuple[EntryPoint, object, str]] = []
    for entry in sorted(entry_points(group=group), key=lambda e: (e.name, e.value)):
        try:
            results.append((entry, entry.load(), ""))
        except Exception as error:
            # Whatever somebody else's module raises while it is imported must not end this one.
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            where = record_failure(f"the plug-in {_described(entry)} cannot be loaded", error)
            results.append((entry, None, f"{reason}; {where}" if where else reason))
    return tuple(results)


def _described(entry: EntryPoint) -> str:
    package = f" of the package {entry.dist.name}" if entry.dist is not None else ""
    return f"{entry.name!r} ({entry.value}){package}"
