"""Every way to read a scene, as one table. Files are told apart by what is in them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from o3d_paint.errors import FormatError
from o3d_paint.io.capture import READING_OPTIONS, Capture, Importer, ImportOptions
from o3d_paint.io.files import open_file
from o3d_paint.io.importers import (
    arkitscenes,
    bundler,
    colmap,
    da3_streaming,
    estimator,
    metashape,
    nerfstudio,
    opensfm,
    pi3,
    pix4d_opf,
    pix4d_params,
    polycam,
    realitycapture,
    record3d,
    scanner_app,
    stray_scanner,
)
from o3d_paint.io.importers.foreign import way_in
from o3d_paint.io.importers.mistaken import remedy
from o3d_paint.io.importers.plugged import plugin_importers
from o3d_paint.io.importers.rgbd import RGBD_IMPORTERS

__all__ = ["IMPORTERS", "importers", "read_capture"]

_PHONE = ("axes", "depth_unit", "invalid_depth", "every")
_SURVEY = ("images", "axes", "every")

IMPORTERS: dict[str, Importer] = {
    "record3d": Importer(
        "recording of Record3D (.r3d)", record3d.recognizes, record3d.read, _PHONE
    ),
    "polycam": Importer("raw export of Polycam", polycam.recognizes, polycam.read, _PHONE),
    "stray-scanner": Importer(
        "recording of Stray Scanner", stray_scanner.recognizes, stray_scanner.read, _PHONE
    ),
    "3d-scanner-app": Importer(
        "«All Data» of 3D Scanner App", scanner_app.recognizes, scanner_app.read, _PHONE
    ),
    "arkitscenes": Importer(
        "video of ARKitScenes (raw)", arkitscenes.recognizes, arkitscenes.read, _PHONE
    ),
    "pi3": Importer(
        "point map and poses of Pi3 (predictions.npz)", pi3.recognizes, pi3.read, ("images",)
    ),
    "estimator": Importer(
        "NPZ of a depth estimator (reconstruction_data, Depth-Anything-3 npz and mini_npz)",
        estimator.recognizes,
        estimator.read,
        ("images",),
    ),
    "da3-streaming": Importer(
        "output folder of DA3 Streaming (results_output/frame_0.npz …, camera_poses.txt)",
        da3_streaming.recognizes,
        da3_streaming.read,
        ("images", "axes", "every"),
    ),
    "colmap": Importer(
        "COLMAP workspace, sparse or dense",
        colmap.recognizes,
        colmap.read,
        ("images", "model"),
    ),
    "nerfstudio": Importer(
        "nerfstudio transforms.json",
        nerfstudio.recognizes,
        nerfstudio.read,
        ("images", "axes", "depth_unit", "invalid_depth", "every"),
    ),
    "metashape": Importer(
        "cameras.xml of Metashape", metashape.recognizes, metashape.read, _SURVEY
    ),
    "opensfm": Importer(
        "project of OpenDroneMap or OpenSfM (reconstruction.json)",
        opensfm.recognizes,
        opensfm.read,
        _SURVEY,
    ),
    "realitycapture": Importer(
        "table of cameras of RealityCapture or RealityScan (CSV)",
        realitycapture.recognizes_table,
        realitycapture.read_table,
        _SURVEY,
    ),
    "realitycapture-xmp": Importer(
        "photos of RealityCapture or RealityScan with XMP beside them",
        realitycapture.recognizes_xmp,
        realitycapture.read_xmp,
        _SURVEY,
    ),
    "opf": Importer(
        "project of Pix4D's OPF (*.opf)", pix4d_opf.recognizes, pix4d_opf.read, _SURVEY
    ),
    "pix4d": Importer(
        "camera parameters of Pix4Dmapper", pix4d_params.recognizes, pix4d_params.read, _SURVEY
    ),
    "bundler": Importer("bundle.out of Bundler", bundler.recognizes, bundler.read, _SURVEY),
    **RGBD_IMPORTERS,
}
"""By the name that forces it; the first that recognises a file reads it."""

_LOOKED_AT = 50
_EASILY_TAKEN = ("pi3", "estimator", *RGBD_IMPORTERS)
"""Those that take any archive, or any folder of pictures, for theirs."""


@cache
def importers() -> dict[str, Importer]:
    """Return the table together with what other installed packages add."""
    return {**IMPORTERS, **plugin_importers(IMPORTERS)}


def read_capture(path: Path, options: ImportOptions, *, format_name: str | None = None) -> Capture:
    """Read a scene's parts with the importer that recognises it.

    Args:
        path: File or folder.
        options: What the user said.
        format_name: Forces an importer by its name in `importers`.

    Raises:
        FormatError: Nothing recognises it, or it is broken.
        SceneError: Its parts do not fit together.
    """
    if not path.exists():
        msg = f"there is no file {path}: check the name"
        raise FormatError(msg)
    if format_name is not None:
        if format_name not in importers():
            msg = f"there is no format {format_name!r}: choose one of {_list_of_formats()}"
            raise FormatError(msg)
        return _read(importers()[format_name], path, options)
    found = _recognized(path)
    foreign = way_in(path) if found is None or found in _EASILY_TAKEN else None
    if foreign:
        msg = f"{path} is {foreign}"
        raise FormatError(msg)
    if found is not None:
        return _read(importers()[found], path, options)
    better = remedy(path)
    if better:
        msg = f"{path} is {better}"
        raise FormatError(msg)
    inner = _scene_within(path)
    hint = f"give {inner}" if inner else f"expected one of {'; '.join(_titles())}"
    msg = f"{path} is not a scene that can be read ({_described(path)}): {hint}"
    raise FormatError(msg)


def _scene_within(path: Path) -> Path | None:
    """Return a folder or file just below that is a scene, for the one level too high."""
    if not path.is_dir():
        return None
    try:
        children = sorted(path.iterdir())[:_LOOKED_AT]
    except OSError:
        return None
    # Any ZIP archive looks like an estimator's; only its usual ending makes it a guess.
    likely = [c for c in children if c.is_dir() or c.suffix == ".npz"]
    for child in likely:
        found = _recognized(child)
        if found is not None and not (found in _EASILY_TAKEN and way_in(child)):
            return child
    return None


def _recognized(path: Path) -> str | None:
    """Return the name of the first importer that takes a file or folder for its own."""
    return next((n for n, importer in importers().items() if importer.recognizes(path)), None)


def _titles() -> list[str]:
    return [importer.title for importer in importers().values()]


def _read(importer: Importer, path: Path, options: ImportOptions) -> Capture:
    """Read with one importer; options that mean nothing to it are said."""
    capture = importer.read(path, options)
    if options.every > 1 and "every" not in importer.uses:
        capture = replace(capture, frames=capture.frames[:: options.every])
    plain = ImportOptions()
    given = [n for n in READING_OPTIONS if getattr(options, n) != getattr(plain, n)]
    unused = {"--" + n.replace("_", "-"): n for n in given if n not in importer.uses}
    if not unused:
        return capture
    verb = "says" if len(unused) == 1 else "say"
    users = {
        option: ", ".join(known for known, other in importers().items() if name in other.uses)
        for option, name in unused.items()
    }
    works = "; ".join(f"{option} is for {those}" for option, those in users.items())
    note = f"{' and '.join(unused)} {verb} nothing about this format ({importer.title}): {works}."
    return replace(capture, notes=(*capture.notes, note))


def _list_of_formats() -> str:
    return ", ".join(f"{name} ({importer.title})" for name, importer in importers().items())


def _described(path: Path) -> str:
    """Return what a file looks like, for a message."""
    if path.is_dir():
        return "it is a folder"
    with open_file(path) as file:
        start = file.read(8)
    return f"it starts with {start!r}, not with a zip archive's b'PK'" if start else "it is empty"
