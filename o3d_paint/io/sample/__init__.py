"""The sample scene: a ray-cast toy assembly with truth for every pixel and point.

Made by this package alone, the same bytes from the same options (`SampleOptions`).
"""

from __future__ import annotations

from o3d_paint.io.sample.files import sample_scene_path, write_sample
from o3d_paint.io.sample.generate import generate_sample
from o3d_paint.io.sample.options import CLASS_NAMES, Sample, SampleOptions

__all__ = [
    "CLASS_NAMES",
    "Sample",
    "SampleOptions",
    "generate_sample",
    "sample_scene_path",
    "write_sample",
]
