"""Options that come together: a command takes them as one value."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, get_type_hints

__all__ = ["Command", "Options", "taking"]

Command = Callable[..., None]
Options = Mapping[str, tuple[Any, Any]]
"""By the name of the parameter: what it is for typer, and its default."""


def taking(
    parameter: str, options: Options, build: Callable[..., Any]
) -> Callable[[Command], Command]:
    """Return a decorator that gives a command options and hands it one value built from them.

    Args:
        parameter: The command's keyword that gets the value.
        options: What the user can type.
        build: Makes the value from what was typed; may raise `typer.BadParameter`.
    """

    def decorated(command: Command) -> Command:
        def run(**given: Any) -> None:
            typed = {name: given.pop(name) for name in options}
            command(**given, **{parameter: build(**typed)})

        run.__name__, run.__doc__ = command.__name__, command.__doc__
        _describe(run, command, parameter=parameter, options=options)
        return run

    return decorated


def _describe(run: Any, command: Any, *, parameter: str, options: Options) -> None:
    """Give the wrapper the signature that typer reads: the command's own, and the options."""
    names = getattr(command, "__globals__", {})
    own = {
        p.name: p.replace(
            kind=inspect.Parameter.KEYWORD_ONLY, annotation=_resolved(p.annotation, names)
        )
        for p in inspect.signature(command).parameters.values()
        if p.name != parameter
    }
    shared = {
        name: inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind
        )
        for name, (kind, default) in options.items()
    }
    both = own | shared
    run.__annotations__ = {name: p.annotation for name, p in both.items()}
    run.__signature__ = inspect.Signature(list(both.values()))


def _resolved(annotation: Any, names: dict[str, Any]) -> Any:
    """Return what an annotation means; one that another decorator will take stays as it is."""
    holder = SimpleNamespace(__annotations__={"it": annotation})
    try:
        return get_type_hints(holder, globalns=names, include_extras=True)["it"]
    except NameError:
        return annotation
