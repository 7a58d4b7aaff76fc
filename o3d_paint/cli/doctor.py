"""``o3d-paint doctor``: is everything there that the window needs?"""

from __future__ import annotations

from typing import Annotated

import typer

from o3d_paint.cli.terminal import print_json, say


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")] = False,
) -> None:
    """Look at libraries, driver, display and memory, and name what to install.

    Exit code 1 where something that the window needs is missing.

    Example: o3d-paint doctor
    """
    from o3d_paint.doctor import doctor_report
    from o3d_paint.ui.preflight import Preflight

    checks = doctor_report()
    # Where a part is missing the trial would only say so again.
    if all(check.ok for check in checks):
        checks.append(Preflight.start().check())
    if as_json:
        print_json(
            [{"name": c.name, "ok": c.ok, "detail": c.detail, "remedy": c.remedy} for c in checks]
        )
    else:
        width = max(len(check.name) for check in checks)
        for check in checks:
            mark = typer.style("ok     ", fg=typer.colors.GREEN)
            if not check.ok:
                mark = typer.style("missing", fg=typer.colors.RED)
            say(f"  {check.name:<{width}} {check.detail}", mark=mark)
            if check.remedy:
                say(f"{'':9}{'':<{width}} → {check.remedy}")
    if not all(c.ok for c in checks):
        raise typer.Exit(1)
