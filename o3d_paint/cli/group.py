"""The top of the command line: a scene without a command opens the window; errors are sentences."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from o3d_paint import system_packages
from o3d_paint.errors import PaintError

__all__ = ["SceneFirstGroup"]

_OWN_OPTIONS = (
    "-h",
    "--help",
    "--version",
    "--install-completion",
    "--show-completion",
)


class SceneFirstGroup(TyperGroup):
    """Commands, and ``open`` where the first word is none of them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``open`` before arguments that begin with no command."""
        if not ctx.resilient_parsing and (
            not args or (args[0] not in self.commands and args[0] not in _OWN_OPTIONS)
        ):
            args = ["open", *args]
        rest: list[str] = super().parse_args(ctx, args)
        return rest

    def invoke(self, ctx: Any) -> Any:
        """Run a command; what the user can put right is one sentence and exit code 1."""
        cause: Exception
        try:
            return super().invoke(ctx)
        except PaintError as error:
            sentence, cause = " ".join(str(error).splitlines()), error
        except MemoryError as error:
            sentence = (
                "there is not enough memory for this: close other programs or use a smaller scene"
            )
            cause = error
        except (ImportError, OSError) as error:
            # OpenCV and Open3D are linked against libraries that only the system has.
            soname = system_packages.missing_library_named_by(error)
            if soname is None:
                raise
            sentence = f"{soname} is missing; {system_packages.remedy_for(soname)}"
            cause = error
        typer.secho(f"o3d-paint: {sentence}", err=True, fg=typer.colors.RED)
        raise typer.Exit(1) from cause
