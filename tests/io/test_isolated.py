"""What runs in a process of its own needs nothing of the one that asked, and leaves it alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from tests.conftest import ROOT

SCRIPT = f"""
print("once")
import sys
sys.path.insert(0, {str(ROOT)!r})
from pathlib import Path
import numpy as np
from o3d_paint.io.isolated import read_isolated
print(read_isolated(np.load, Path(sys.argv[1]))["a"].tolist())
"""


def test_a_users_script_needs_no_guard_and_its_folder_is_not_trusted(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", a=np.arange(3))
    (tmp_path / "scripts").mkdir()
    (tmp_path / "scripts" / "script.py").write_text(SCRIPT)
    # Beside a scene may lie whatever the scene's maker likes.
    for name in ("pickle", "json", "numpy"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('the scene has a say')")
    done = subprocess.run(
        [sys.executable, "scripts/script.py", "a.npz"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "once\n[0, 1, 2]\n", "")
