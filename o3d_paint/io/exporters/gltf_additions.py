"""What trimesh drops on the way to glTF, put in through the two hooks that it offers.

The values of points (trimesh writes positions and colours of points alone), extras of the scene,
names that occur twice, strides and targets of buffer views, materials that show colours as they
are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from o3d_paint import __version__
from o3d_paint.io.exporters.labelled import LabelledScene

__all__ = ["GltfAdditions", "PointRecords"]

_Rows = npt.NDArray[np.integer]
_Json = dict[str, Any]

# glTF wants every attribute to start at a multiple of four.
_ALIGNMENT = 4
_COMPONENTS = {"|u1": 5121, "<u2": 5123, "<f4": 5126}
_SIZES = {5121: 1, 5123: 2, 5125: 4, 5126: 4}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4}
_ARRAY_BUFFER, _ELEMENT_ARRAY_BUFFER = 34962, 34963
_UNLIT = "KHR_materials_unlit"


class PointRecords:
    """What is known of each point besides position and colour, every field where glTF wants it.

    Attributes:
        dtype: Of a point's record; its fields are called as glTF's attributes.
    """

    def __init__(self, labelled: LabelledScene) -> None:
        """Lay the records out."""
        columns: dict[str, tuple[npt.NDArray[Any] | None, str]] = {
            "_LABEL": (labelled.labels, "<u2"),
            "_SOURCE": (labelled.source, "u1"),
            "_VOTES": (labelled.votes, "u1"),
            "_CONFIDENCE": (labelled.confidence, "<f4"),
        }
        self._columns = {n: values for n, (values, _) in columns.items() if values is not None}
        kinds = [np.dtype(columns[name][1]) for name in self._columns]
        ends = np.cumsum([-(-k.itemsize // _ALIGNMENT) * _ALIGNMENT for k in kinds]).tolist()
        self.dtype: np.dtype[Any] = np.dtype(
            {
                "names": list(self._columns),
                "formats": kinds,
                "offsets": [0, *ends[:-1]],
                "itemsize": ends[-1],
            }
        )

    def of(self, rows: _Rows) -> npt.NDArray[Any]:
        """Return the (M,) records of points."""
        records = np.zeros(len(rows), dtype=self.dtype)
        for name, values in self._columns.items():
            records[name] = values[rows]
        return records


class GltfAdditions:
    """Completes the document that trimesh makes of a labelled scene.

    Attributes:
        names: What nodes and meshes are called, by their keys in trimesh's scene, which must be
            unique where names need not be: a class and a photo may share one.
    """

    def __init__(self, labelled: LabelledScene, *, extras: _Json) -> None:
        """Start with nothing to add but the scene's ``extras``, values of JSON's types."""
        self.names: dict[str, str] = {}
        self._records = PointRecords(labelled)
        self._extras = extras
        self._rows: dict[str, _Rows] = {}
        self._strides: dict[int, int] = {}
        self._buffers: dict[Any, bytes] = {}

    def add_points(self, key: str, name: str, rows: _Rows) -> None:
        """Note which points of the cloud the geometry ``key`` holds, in its order."""
        self.names[key] = name
        self._rows[key] = rows

    def add_point_values(self, buffers: dict[Any, bytes], tree: _Json) -> None:
        """Add labels, sources, votes and confidence: trimesh's ``buffer_postprocessor``.

        Args:
            buffers: A buffer view's bytes each, in order.
            tree: The document, its accessors still a dict in order.
        """
        self._buffers = buffers
        for mesh in tree["meshes"]:
            rows = self._rows.pop(mesh["name"], None)
            if rows is None:
                continue
            view = len(buffers)
            buffers["points", mesh["name"]] = self._records.of(rows).tobytes()
            self._strides[view] = self._records.dtype.itemsize
            for name, (kind, offset, *_) in (self._records.dtype.fields or {}).items():
                mesh["primitives"][0]["attributes"][name] = len(tree["accessors"])
                tree["accessors"][name, mesh["name"]] = {
                    "bufferView": view,
                    "byteOffset": offset,
                    "componentType": _COMPONENTS[kind.str],
                    "count": len(rows),
                    "type": "SCALAR",
                }

    def complete(self, tree: _Json) -> None:
        """Put names, extras, views and materials right: trimesh's ``tree_postprocessor``."""
        # They have been joined to one, which trimesh is about to copy once more into the file.
        self._buffers.clear()
        tree["asset"]["generator"] = f"O3D Paint {__version__}"
        tree["scenes"][0]["extras"] = self._extras
        primitives = [p for mesh in tree.get("meshes", []) for p in mesh["primitives"]]
        self._describe_views(tree, primitives)
        if primitives:
            _show_colors_as_they_are(tree, primitives)
        for entry in [*tree["nodes"], *tree.get("meshes", [])]:
            entry["name"] = self.names.get(entry["name"], entry["name"])
            if not entry.get("extras", True):
                del entry["extras"]

    def _describe_views(self, tree: _Json, primitives: list[_Json]) -> None:
        """Say which views hold vertices and how far apart: two accessors may share one."""
        for primitive in primitives:
            for index in primitive["attributes"].values():
                accessor = tree["accessors"][index]
                size = _WIDTHS[accessor["type"]] * _SIZES[accessor["componentType"]]
                view = accessor["bufferView"]
                tree["bufferViews"][view] |= {
                    "byteStride": self._strides.get(view, size),
                    "target": _ARRAY_BUFFER,
                }
            if "indices" in primitive:
                view = tree["accessors"][primitive["indices"]]["bufferView"]
                tree["bufferViews"][view]["target"] = _ELEMENT_ARRAY_BUFFER


def _show_colors_as_they_are(tree: _Json, primitives: list[_Json]) -> None:
    """Let no light change a colour: trimesh gives each cloud a mirror's material of its own."""
    materials: list[_Json] = [{"name": "colours of points and lines"}]
    for primitive in primitives:
        material = tree["materials"][primitive["material"]]
        primitive["material"] = 0
        if "baseColorTexture" in material.get("pbrMetallicRoughness", {}):
            primitive["material"] = len(materials)
            materials.append(material)
    for material in materials:
        material["extensions"] = {_UNLIT: {}}
    tree["materials"] = materials
    tree["extensionsUsed"] = [_UNLIT]
    for material in materials[1:]:
        texture = tree["textures"][material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]
        tree["images"][texture["source"]]["name"] = material["name"]
