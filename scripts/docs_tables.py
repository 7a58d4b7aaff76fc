"""Writes the pages of formats and keys from the program's own tables.

``python scripts/docs_tables.py`` rewrites them, ``--check`` fails where they differ.
"""

from __future__ import annotations

import sys
from pathlib import Path

from o3d_paint.io.clouds.registry import CLOUD_FORMATS
from o3d_paint.io.exporters import EXPORTERS
from o3d_paint.io.importers import IMPORTERS
from o3d_paint.io.mask_exporters import MASK_WRITERS
from o3d_paint.io.mask_formats.registry import JSON_FORMATS
from o3d_paint.io.taxonomy_file import PRESETS
from o3d_paint.ui.commands import help_rows

DOCS = Path(__file__).resolve().parent.parent / "assets" / "docs"

EXTRAS = """\
These formats need no other program. LAS, E57, depth as EXR and segmentation from clicks need an
extra of the package: `pip install 'o3d-paint[las]'`, `[e57]`, `[exr]`, `[sam]`, `[geo]` or `[all]`;
the message says which. COLMAP's models, text and binary, are read by pycolmap where `[colmap]`
brings it (4.1 or newer), in a process of its own that may crash: 0.3 s of processor time for a
small model, 0.7 s for 150,000 points. Without it, and where pycolmap fails on a model, the
program's own reader reads them, to the same result; `info` says which did and why. Lenses that
OpenCV has no model for (FOV, thin prism, and others of COLMAP 4) need pycolmap. COCO's masks
are read and written without pycocotools; `[coco]` brings it for scripts of yours. A cloud that
comes with labels keeps them, with their names, wherever no photo says otherwise. What is
assumed, turned and left out while reading, and how to say otherwise, is in [scenes](scenes.md)."""


def keys() -> str:
    """Returns the page about keys."""
    lines = ["# Keys", "", "Keys are positions on a US keyboard; every command is in a menu too."]
    group = ""
    for title, keys_of_row, row_group in help_rows():
        if row_group != group:
            group = row_group
            lines += ["", f"| {group} | |", "|---|---|"]
        shown = " · ".join(f"`{k}`" for k in keys_of_row)
        lines.append(f"| {title} | {shown} |")
    return "\n".join(lines)


def formats() -> str:
    """Returns the page about files."""
    lines = [
        "# Files",
        "",
        "**Scenes in** (`o3d-paint SCENE` looks at the content, `--format NAME` forces):",
        "",
        "| name | reads |",
        "|---|---|",
    ]
    lines += [f"| `{name}` | {importer.title} |" for name, importer in IMPORTERS.items()]
    masks = ", ".join(name for name in JSON_FORMATS if name != "sam")
    lines += [
        "",
        f"**Clouds of their own** (`--cloud`): {', '.join(CLOUD_FORMATS)} (LAZ too), PTX, PTS, XYZ"
        " and CSV.",
        "",
        f"**Masks in** (`--masks`): PNG and other pictures, NPY, NPZ, JSON of {masks}; YOLO"
        " segmentation; CVAT's «CVAT for images», «Segmentation mask 1.1» and «COCO 1.0»; a folder"
        " of single objects for each photo or object, as SAM 2 writes; Roboflow's masks and COCO,"
        " X-AnyLabeling's labelme, Cityscapes's label ids; Label Studio's brush labels. Zipped or"
        " unpacked. Classes"
        " match by name, `--ignore` and `--first-id` say what numbers mean; masks find their photos"
        " by name ([classes and names](classes.md)).",
        "",
        "**Regions without classes** (`--regions`, in the window): automatic masks of Segment"
        " Anything, SA-1B files and bool stacks; a click gives a region its class.",
        "",
        f"**Masks out** (`masks --format`, Export…): {', '.join(MASK_WRITERS)}. Tried with the"
        " sample scene, 15 photos, every pixel and class the same: `cvat` and `coco` read by CVAT's"
        " own Datumaro 0.3 and by Datumaro 1.13 (which wants the JSON as"
        " `annotations/instances_NAME.json`), `yolo` by CVAT's Datumaro and the data loader of"
        " Ultralytics 8.4 at the photos' size (with `--min-region 0`: else specks are left out,"
        " which a network would take for objects). `yolo` puts every fifth photo into `val` (of two"
        " to four the last); Ultralytics trained an epoch on it. CVAT's server itself was not"
        " tried.",
        "",
        f"**Class lists** (`--taxonomy`): {', '.join(PRESETS)}, names such as floor,wall, or a"
        " file of any usual form ([the forms](classes.md)); `o3d-paint taxonomies`"
        " lists and writes them.",
        "",
        "**Labelled clouds out**, by file ending:",
        "",
        "| ending | writes |",
        "|---|---|",
    ]
    lines += [f"| `{ending}` | {exporter.title} |" for ending, exporter in EXPORTERS.items()]
    lines += [
        "",
        "A cloud given with `--cloud` comes back with everything else that its file holds where the"
        " ending is that of the file ([the same file back](same-file.md)). `.pointcept` is a folder"
        " that Pointcept's `DefaultDataset` reads: `segment` counts classes from 0 in the order of"
        " `classes.json`, -1 is unlabelled; normals look at the nearest camera. `.xml` is imported"
        " by CloudCompare's colour scale manager for the field of class numbers (`label`); it tells"
        " numbers apart that span less than 1,000. Both are written after the programs' source and"
        " were not tried with the programs.",
        "",
        *EXTRAS.splitlines(),
    ]
    lines += [
        "",
        "PCD holds doubles where map coordinates need them: Open3D 0.20 reads those with"
        " `o3d.t.io.read_point_cloud`, while `o3d.io.read_point_cloud` gives zeros (not of PLY);"
        " PCL was not tried.",
    ]
    return "\n".join(lines)


def main() -> int:
    """Rewrites the pages, or compares."""
    pages = {"files.md": formats(), "keys.md": keys()}
    stale = []
    for name, text in pages.items():
        page = DOCS / name
        if not page.exists() or page.read_text(encoding="utf-8") != f"{text}\n":
            stale.append(name)
            if "--check" not in sys.argv[1:]:
                page.write_text(f"{text}\n", encoding="utf-8")
    if "--check" in sys.argv[1:] and stale:
        print(f"{', '.join(stale)}: run python scripts/docs_tables.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
