"""``o3d-paint doctor``: is everything there that the window needs?"""

from __future__ import annotations

import typer

from o3d_paint.cli.answer import Answer, answers
from o3d_paint.cli.places import OverwriteOption


@answers("doctor")
def doctor(overwrite: OverwriteOption = False, *, answer: Answer) -> None:
    """Look at libraries, driver, display and memory, and name what to install.

    Exit code 1 where something that the window needs is missing.

    Example: o3d-paint doctor
    """
    from o3d_paint.doctor import doctor_report
    from o3d_paint.ui.preflight import Preflight

    answer.check(overwrite=overwrite)
    checks = doctor_report()
    # Where a part is missing the trial would only say so again.
    if all(check.ok for check in checks):
        checks.append(Preflight.start().check())
    width = max(len(check.name) for check in checks)
    for check in checks:
        mark = typer.style("ok     ", fg=typer.colors.GREEN)
        if not check.ok:
            mark = typer.style("missing", fg=typer.colors.RED)
        answer.show(f"  {check.name:<{width}} {check.detail}", mark=mark)
        if check.remedy:
            answer.show(f"{'':9}{'':<{width}} → {check.remedy}")
    is_well = all(c.ok for c in checks)
    found = [{"name": c.name, "ok": c.ok, "detail": c.detail, "remedy": c.remedy} for c in checks]
    answer.finish({"ok": is_well, "checks": found})
    if not is_well:
        raise typer.Exit(1)
