"""Nothing is fetched and no port is opened: any word with a network ends the command."""

from __future__ import annotations

import subprocess
import sys

_GUARDED = """
import sys

def hook(event, arguments):
    # The name of this machine, which marks its unfinished files, is asked of no network.
    local = event == "socket.gethostname"
    if not local and event.startswith(("socket.", "urllib.", "http.", "ftplib.", "smtplib.")):
        print("NETWORK", event, arguments, flush=True)

sys.addaudithook(hook)
if sys.argv[1] == "touch":
    import socket
    socket.socket().close()
else:
    from o3d_paint.cli import main
    main()
"""


def _said(*arguments: object) -> str:
    command = [sys.executable, "-c", _GUARDED, *(str(a) for a in arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    return done.stdout + done.stderr


def test_commands_speak_to_no_network(scene_file, project, tmp_path):
    assert "NETWORK" in _said("touch")
    for words in (
        ("info", scene_file),
        ("export", project, "-o", tmp_path / "a.ply", "-o", tmp_path / "a.glb"),
        ("doctor",),
    ):
        said = _said(*words)
        assert "NETWORK" not in said, said
    assert (tmp_path / "a.glb").exists()
