"""CloudCompare's colour scale of the classes, to be imported for the labels of PLY, LAS and others.

Source: CloudCompare, ``ccColorScale::saveAsXML`` and ``LoadFromXML``, version 1. A scale blends
between its steps, so that each class begins and ends with a step of its colour.
"""

from __future__ import annotations

import uuid
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np

from o3d_paint.core.taxonomy import UNLABELLED_COLOR
from o3d_paint.io.exporters.labelled import ExportOptions, LabelledScene
from o3d_paint.io.store import write_bytes
from o3d_paint.plain_text import printable

__all__ = ["write_color_scale"]

_HALF = 0.5
# CloudCompare asks for positions that differ, of twelve digits.
_NEXT = 1e-9


def write_color_scale(labelled: LabelledScene, path: Path, options: ExportOptions) -> None:
    """Write a scale of class numbers, unlabelled (0) too.

    Raises:
        StorageError: The file cannot be written.
    """
    colors = {0: UNLABELLED_COLOR, **{c.class_id: c.color for c in labelled.taxonomy}}
    names = {0: "unlabelled", **{c.class_id: c.name for c in labelled.taxonomy}}
    ids = sorted(colors)
    lowest, highest = ids[0] - _HALF, ids[-1] + _HALF
    borders = [lowest, *np.mean([ids[:-1], ids[1:]], axis=0).tolist(), highest]
    root = ElementTree.Element("CloudCompare")
    scale = ElementTree.SubElement(root, "ColorScale", version="1")
    properties = ElementTree.SubElement(scale, "Properties")
    # The same classes are the same scale: importing it twice does not make two.
    key = uuid.uuid5(uuid.NAMESPACE_OID, repr([(i, names[i], colors[i]) for i in ids]))
    for name, value in {
        "name": printable(path.stem),
        "uuid": f"{{{key}}}",
        "absolute": "1",
        "minValue": f"{lowest:.12g}",
        "range": f"{highest - lowest:.12g}",
    }.items():
        ElementTree.SubElement(properties, name).text = value
    data = ElementTree.SubElement(scale, "Data")
    for number, class_id in enumerate(ids):
        begin, end = ((b - lowest) / (highest - lowest) for b in borders[number : number + 2])
        for position in (begin + (_NEXT if number else 0), end):
            r, g, b = (str(c) for c in colors[class_id])
            ElementTree.SubElement(data, "step", r=r, g=g, b=b, pos=f"{position:.12g}")
    for class_id in ids:
        text = printable(names[class_id])
        ElementTree.SubElement(data, "label", val=str(class_id), text=text)
    ElementTree.indent(root)
    content = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    write_bytes(path, content + b"\n", inputs=options.inputs)
