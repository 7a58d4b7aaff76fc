"""Changes the program in small ways and asks whether its tests notice.

``python scripts/bench.py mutation [--only core.mask,fusion.article] [--json FILE] [--show]``

One place of a module at a time is changed: a comparison, an operator, a condition, a number, a
result. Each mutant runs the module's tests in a copy of a process that has imported everything else
already; loops that are compiled, in modules of their own, come from Numba's cache. What no test
notices is printed with its line; those known to change nothing that a caller could see are listed
with the reason, and count as survivors all the same.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import importlib.machinery
import importlib.util
import io
import json
import os
import resource
import signal
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import hypothesis
import pytest

from bench.mutation_equivalent import EQUIVALENT
from bench.mutation_kinds import changed_nodes

_ROOT = Path(__file__).parents[2]
_SECONDS = 60
_MODULES = {
    "core.ballots": ("test_ballots.py",),
    "core.mask": ("test_mask.py",),
    "core.visibility": ("test_visibility.py",),
    "fusion.article": ("test_article.py",),
    "fusion.confidence": ("test_confidence.py",),
    "fusion.graph": ("test_graph_equations.py", "test_graph.py"),
    "fusion.node_votes": ("test_node_votes.py",),
    "fusion.overruled": ("test_overruled.py",),
    "fusion.random_walk": ("test_walk_equations.py", "test_random_walk.py"),
    "fusion.refine": ("test_refine.py", "test_fuse.py"),
    "fusion.solver": ("test_solver_start.py", "test_solver.py"),
    "fusion.stroke_trust": ("test_stroke_trust.py",),
}
# A run for every mutant: tests of many points are left out.
_QUICK = "not slow and not sweep"
_SURVIVED = 0


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed module.

    Attributes:
        line: Where it was changed.
        text: That line.
        title: What was changed, before and after.
        tree: The whole module.
    """

    line: int
    text: str
    title: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Yields every mutant of a module."""
    count = sum(1 for _ in changed_nodes(ast.parse(source)))
    for which in range(count):
        tree = ast.parse(source)
        for number, (node, change) in enumerate(changed_nodes(tree)):
            if number == which:
                before = _line_of(node, source)
                change()
                ast.fix_missing_locations(tree)
                text = source.splitlines()[node.lineno - 1].strip()
                yield Mutant(node.lineno, text, f"{before} -> {_unparsed(node)}", tree)
                break


def _line_of(node: ast.AST, source: str) -> str:
    return " ".join((ast.get_source_segment(source, node) or "").split())[:90]


def _unparsed(node: ast.AST) -> str:
    return " ".join(ast.unparse(node).split())[:90]


class _Replacement(importlib.machinery.SourceFileLoader):
    """Loads a module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        super().__init__(name, str(path))
        self._tree = tree

    def exec_module(self, module: types.ModuleType) -> None:
        """Runs the changed code in place of the file's."""
        exec(compile(self._tree, self.path, "exec"), module.__dict__)


def _dependents(name: str) -> set[str]:
    """Returns a module and all that hold something of it; the rest, loops above all, can stay."""
    found, size = {name}, 0
    ours = {n: m for n, m in sys.modules.items() if n.startswith("o3d_paint")}
    while len(found) > size:
        size = len(found)
        for other, module in ours.items():
            if hasattr(module, "__path__"):
                continue
            origins = {getattr(v, "__module__", None) for v in vars(module).values()}
            if origins & found:
                found.add(other)
    return found & ours.keys()


def _use(name: str, path: Path, mutant: Mutant) -> None:
    """Puts the mutant in a module's place; what imported the old one is forgotten."""
    for known in [m for m in sys.modules if m.startswith("tests")] + list(_dependents(name)):
        del sys.modules[known]
    loader = _Replacement(name, path, mutant.tree)

    class Finder:
        """Finds the one module."""

        @staticmethod
        def find_spec(full_name: str, *_: object) -> importlib.machinery.ModuleSpec | None:
            """Returns the changed module's own way in."""
            if full_name != name:
                return None
            return importlib.util.spec_from_file_location(name, path, loader=loader)

    sys.meta_path.insert(0, Finder)


def _run_tests(mutant: Mutant | None, module: str, seconds: int) -> int:
    """Runs tests in a copy of this process; returns how it ended, 0 where all passed."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    # A loop without end is noticed; the clock is that of the processor, whoever else works.
    resource.setrlimit(resource.RLIMIT_CPU, (int(process_time()) + seconds,) * 2)
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    code = 1
    with contextlib.suppress(Exception):
        if mutant is not None:
            path = _path_of(module)
            _use(f"o3d_paint.{module}", path, mutant)
        code = _pytest(module)
    os._exit(code)


def _path_of(module: str) -> Path:
    """Returns the file of a module named by room."""
    return _ROOT / "o3d_paint" / f"{module.replace('.', '/')}.py"


def _pytest(module: str) -> int:
    """Runs tests right here, silently, until one fails."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        room = _ROOT / "tests" / module.partition(".")[0]
        tests = [str(room / f) for f in _MODULES[module]]
        quiet = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:xdist"]
        quiet += ["-p", "no:faulthandler"]
        quiet += ["-m", _QUICK, "--hypothesis-profile", "mutation"]
        return int(pytest.main([*quiet, "--rootdir", str(_ROOT), *tests]))


def _children_seconds() -> float:
    """Returns the processor time of all children so far."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _measure(module: str, *, lines: set[int], show: bool) -> dict[str, object]:
    # Here, so that every copy has all imported and compiled.
    if _pytest(module) != 0:
        msg = f"the tests of {module} fail before anything is changed"
        raise SystemExit(msg)
    before = _children_seconds()
    if _run_tests(None, module, _SECONDS) != 0:
        msg = f"the tests of {module} fail a second time in the same process"
        raise SystemExit(msg)
    seconds = min(_SECONDS, 10 + 3 * int(_children_seconds() - before + 1))
    source = (_path_of(module)).read_text(encoding="utf-8")
    survivors, count = [], 0
    for mutant in mutants(source):
        if lines and mutant.line not in lines:
            continue
        count += 1
        if _run_tests(mutant, module, seconds) == _SURVIVED:
            reason = EQUIVALENT.get((module, mutant.text, mutant.title))
            survivors.append(
                {"line": mutant.line, "text": mutant.text, "change": mutant.title, "reason": reason}
            )
            if show or reason is None:
                change = f"{mutant.text}   {mutant.title}"
                print(f"    {module}:{mutant.line}  {change}   {reason or ''}", flush=True)
    known = sum(1 for s in survivors if s["reason"])
    killed = count - len(survivors)
    print(
        f"{module:<20}{count:>8}{killed:>8}{killed / count:>8.1%}{known:>12}"
        f"{killed / max(1, count - known):>12.1%}",
        flush=True,
    )
    return {"mutants": count, "killed": killed, "survivors": survivors}


def main(arguments: list[str]) -> int:
    """Prints a line for each module; the result is 1 where too few mutants were noticed."""
    parser = argparse.ArgumentParser(prog="bench.py mutation", description=__doc__)
    parser.add_argument("--only", default=",".join(_MODULES), help="modules, with commas")
    parser.add_argument("--lines", type=int, nargs="*", default=[], help="only these of them")
    parser.add_argument("--json", type=Path, help="where the survivors go")
    parser.add_argument("--show", action="store_true", help="print the equivalent ones too")
    parser.add_argument("--goal", type=float, default=0.85)
    options = parser.parse_args(arguments)
    os.environ["O3D_PAINT_CAPTURES"] = "/nowhere"
    # The same examples each time; that one fails is enough, the smallest one is not looked for.
    hypothesis.settings.register_profile(
        "mutation",
        derandomize=True,
        database=None,
        deadline=None,
        phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate),
    )
    os.chdir(_ROOT)
    print(f"{'module':<20}{'mutants':>8}{'killed':>8}{'':>8}{'equivalent':>12}{'of the rest':>12}")
    report = {}
    for module in options.only.split(","):
        report[module] = _measure(module, lines=set(options.lines), show=options.show)
        if options.json is not None:
            options.json.write_text(json.dumps(report, indent=1), encoding="utf-8")
    shares = [float(r["killed"]) / float(r["mutants"]) for r in report.values()]  # type: ignore[arg-type]
    return 0 if min(shares) >= options.goal else 1
