"""The rules of the house that a reviewer should not have to check by eye."""

from __future__ import annotations

import ast
import graphlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    # pytest brings it there.
    import tomli as tomllib

PACKAGE = ROOT / "o3d_paint"
SOURCES = sorted(PACKAGE.rglob("*.py"))
ROOMS = ("core", "fusion", "io", "project", "ui", "cli")
# Plain data and facts, open to every room; they import nothing of the package but each other.
OPEN = (
    "errors",
    "assets",
    "child_process",
    "folders",
    "free_memory",
    "log_file",
    "plain_text",
    "system_packages",
)
# The diagnosis stands beside the rooms: it must run where nothing else does.
ALLOWED = {
    "core": {"core"},
    "fusion": {"core", "fusion"},
    "io": {"core", "io"},
    "project": {"core", "fusion", "io", "project"},
    "doctor": {"doctor"},
    "ui": {"core", "fusion", "io", "project", "doctor", "ui"},
    "cli": {"core", "fusion", "io", "project", "doctor", "ui", "cli"},
    "__main__": {"cli"},
    "library": {"core", "fusion", "io", "project", "ui"},
    "plugins": {"core", "io"},
    **{name: set() for name in OPEN},
}
MAX_FUNCTION_LINES = 50  # of body, without the docstring


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imported_modules(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.fixture(params=SOURCES, ids=name_of)
def source(request: pytest.FixtureRequest) -> Path:
    return request.param


def test_imports_go_one_way(source: Path) -> None:
    room = room_of(source)
    if room == "__init__":
        return
    assert room in ALLOWED, f"{name_of(source)} belongs to no room: add it to the table here"
    for module in imported_modules(ast.parse(source.read_text())):
        parts = module.split(".")
        if parts[0] == "o3d_paint" and len(parts) > 1 and parts[1] != "__version__":
            assert parts[1] in ALLOWED[room] | set(OPEN), f"{name_of(source)} imports {module}"


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def ancestors(name: str) -> set[str]:
    parts = name.split(".")
    return {".".join(parts[:end]) for end in range(1, len(parts))}


def known_modules(path: Path, modules: set[str]) -> set[str]:
    """The package's modules that a file names in any import.

    Those within functions and under TYPE_CHECKING count as well: two files that must know each
    other are one file, or lack an interface between them, whenever they look each other up.
    """
    found: set[str] = set()
    for name in imported_modules(ast.parse(path.read_text())):
        target = name if name in modules else name.rpartition(".")[0]
        if target in modules:
            found |= {target} | ancestors(target)
    own = module_name(path)
    return found - ancestors(own) - {own}


def test_no_module_knows_itself_in_a_round_about_way() -> None:
    modules = {module_name(path) for path in SOURCES}
    # The package itself offers the names of the library, imported when they are asked for.
    graph = {module_name(p): known_modules(p, modules) - {"o3d_paint"} for p in SOURCES}
    del graph["o3d_paint"]
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_open3d_only_in_ui_and_io(source: Path) -> None:
    if room_of(source) in ("ui", "io"):
        return
    modules = imported_modules(ast.parse(source.read_text()))
    assert not [module for module in modules if module.split(".")[0] == "open3d"]


def test_open3d_window_only_in_ui(source: Path) -> None:
    if room_of(source) == "ui":
        return
    modules = imported_modules(ast.parse(source.read_text()))
    assert not [module for module in modules if module.startswith("open3d.visualization")]


def test_numerical_rooms_touch_no_files_threads_or_processes(source: Path) -> None:
    if room_of(source) not in ("core", "fusion"):
        return
    outside = {"threading", "subprocess", "multiprocessing", "socket", "tempfile", "shutil", "os"}
    used = {module.split(".")[0] for module in imported_modules(ast.parse(source.read_text()))}
    assert not used & outside


def test_functions_are_short(source: Path) -> None:
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = (node.end_lineno or node.lineno) - node.body[0].lineno + 1
            if ast.get_docstring(node):
                lines -= (node.body[0].end_lineno or 0) - node.body[0].lineno + 1
            where = f"{name_of(source)}:{node.lineno} {node.name}"
            assert lines <= MAX_FUNCTION_LINES, f"{where} has {lines} lines"


# Files of the program's own: what it wrote itself, and what the system says of the machine.
OWN_FILES = {
    "o3d_paint/free_memory.py",
    "o3d_paint/io/exr.py",  # OpenCV decodes EXR from named files only; `require_file` looks first
    "o3d_paint/io/files.py",
    "o3d_paint/io/isolated.py",
    "o3d_paint/io/pycolmap_model.py",
    "o3d_paint/io/sample/files.py",
    "o3d_paint/io/store.py",
    "o3d_paint/project/database.py",  # the one that it has just made
    "o3d_paint/project/opened_database.py",  # its own copies; `open_file` reads what was sent
    "o3d_paint/system_packages.py",
    "o3d_paint/ui/memory_watch.py",
    "o3d_paint/ui/preflight.py",
    "o3d_paint/ui/window_settings.py",
}
READERS = ("read_bytes", "read_text", "np.load", "np.fromfile", "cv2.imread", "json.load")


def opens_by_itself(call: ast.Call) -> bool:
    """Whether a call reads a file by its name, past `o3d_paint.io.files`."""
    name = ast.unparse(call.func)
    if (
        name == "open"
        or (name in READERS and "." in name)
        or name.endswith((".read_bytes", ".read_text"))
    ):
        return True
    # A path's own way; archives and dialogs are opened with other words.
    modes = [*call.args[:1], *(k.value for k in call.keywords if k.arg in ("mode", "encoding"))]
    return name.endswith(".open") and any(
        isinstance(m, ast.Constant) and isinstance(m.value, str) and m.value[:1] in "rwau"
        for m in modes
    )


def test_files_of_others_are_opened_in_one_place(source: Path) -> None:
    """Links out of a scene, pipes, devices and sizes are looked at there and nowhere else."""
    if name_of(source) in OWN_FILES:
        return
    calls = [n for n in ast.walk(ast.parse(source.read_text())) if isinstance(n, ast.Call)]
    lines = [f"{name_of(source)}:{c.lineno}" for c in calls if opens_by_itself(c)]
    assert not lines, f"{lines}: use o3d_paint.io.files, or say in OWN_FILES that nobody sent it"


def test_pillow_is_told_which_formats_it_may_read(source: Path) -> None:
    """Left to itself it hands EPS to Ghostscript, whatever the file is called."""
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Image.open"):
            assert "formats" in {k.arg for k in node.keywords}, f"{name_of(source)}:{node.lineno}"


def test_children_are_started_in_isolation(source: Path) -> None:
    """Python itself looks for modules in the current folder, where a received scene may lie."""
    if name_of(source) == "o3d_paint/child_process.py":
        return
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.List) and node.elts:
            first = ast.unparse(node.elts[0])
            rest = {e.value for e in node.elts if isinstance(e, ast.Constant)}
            is_command = first == "sys.executable" and rest & {"-m", "-c"}
            assert not is_command, f"{name_of(source)}:{node.lineno}: use python_command"


def requirements() -> tuple[set[str], set[str]]:
    """What this checkout declares: what it always needs, and what its extras add."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = [
        {re.split(r"[^A-Za-z0-9._-]", line, maxsplit=1)[0].lower() for line in lines}
        for lines in (project["dependencies"], *project["optional-dependencies"].values())
    ]
    return names[0], set.union(*names[1:])


def test_every_library_in_use_is_declared_and_every_declared_one_in_use() -> None:
    distributions = {"cv2": "opencv-python", "PIL": "pillow"}
    used = set()
    for source in SOURCES:
        for module in imported_modules(ast.parse(source.read_text())):
            name = module.split(".")[0]
            if name not in sys.stdlib_module_names | {"o3d_paint"}:
                used.add(distributions.get(name, name).lower())
    always, extras = requirements()
    # One of the two, by platform; both hold the module open3d.
    always = {"open3d" if name == "open3d-cpu" else name for name in always}
    assert used <= always | extras
    assert always <= used


HEAVY = ("open3d", "scipy", "numba", "cv2", "trimesh")


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_and_version_import_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys; from o3d_paint.cli import main\n"
        f"sys.argv = ['o3d-paint', *{arguments!r}]\n"
        "try: main()\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_package_itself_imports_only_the_standard_library() -> None:
    program = (
        "import sys, o3d_paint, o3d_paint.errors, o3d_paint.system_packages\n"
        "print([name for name in ('numpy', 'rich', 'typer') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"
