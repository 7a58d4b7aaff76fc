"""The example plug-in, with small models built here whose answer depends on prompt and photo."""

from __future__ import annotations

import importlib.util
import sys

import numpy as np
import pytest

from o3d_paint.core.camera import Camera
from o3d_paint.core.mask import Rect
from o3d_paint.core.scene import ArrayPhoto, Frame
from o3d_paint.core.selection.photo_tool import Prompt, ToolInput
from o3d_paint.errors import FormatError
from o3d_paint.io.plugins import _loaded
from o3d_paint.project.photo_tools import apply_photo_tool, photo_tools
from o3d_paint.project.project import Project
from tests.conftest import ROOT
from tests.project.scenes import strip_scene

onnx = pytest.importorskip("onnx", reason="onnx is not installed")
pytest.importorskip("onnxruntime", reason="onnxruntime is not installed")

FOLDER = ROOT / "scripts" / "examples" / "promptable_segmentation"
SIDE, RADIUS = 64, 6.25
FLOAT = onnx.TensorProto.FLOAT


@pytest.fixture(scope="module")
def plugin():
    spec = importlib.util.spec_from_file_location(
        "o3d_paint_promptable", FOLDER / "o3d_paint_promptable.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[spec.name]


def save_model(path, nodes, inputs, outputs, constants=()):
    """Writes a graph: nodes as (operator, inputs, output, attributes)."""
    helper = onnx.helper
    made = [helper.make_node(op, i, [o], **attributes) for op, i, o, attributes in nodes]
    graph = helper.make_graph(
        made,
        "tiny",
        [helper.make_tensor_value_info(n, FLOAT, s) for n, s in inputs],
        [helper.make_tensor_value_info(n, FLOAT, None) for n in outputs],
        [onnx.numpy_helper.from_array(np.asarray(v), n) for n, v in constants],
    )
    opset = [helper.make_opsetid("", 17)]
    onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
    return path


def save_encoder(path, shape=(1, 3, SIDE, SIDE)):
    """What the decoder sees is the picture itself."""
    nodes = [("Identity", ["image"], "embeddings", {})]
    return save_model(path, nodes, [("image", shape)], ["embeddings"])


INPUTS = [
    ("image_embeddings", (1, 3, SIDE, SIDE)),
    ("point_coords", (1, None, 2)),
    ("point_labels", (1, None)),
]


def disc_nodes(grid):
    """Scores of discs about wanted points, less those about unwanted ones, on a grid (h, w, 2)."""
    constants = [
        ("grid", np.asarray(grid, np.float32)[None]),
        ("square", np.float32(RADIUS**2)),
        ("one", np.float32(1)),
        ("none", np.float32(0)),
        ("far", np.float32(1e6)),
        ("to_points", np.array([-1, 1, 1, 2], np.int64)),
        ("to_weights", np.array([-1, 1, 1], np.int64)),
        ("last", np.array([3], np.int64)),
        ("first", np.array([0], np.int64)),
        ("batch", np.array([0, 1], np.int64)),
    ]
    nodes = [
        ("Reshape", ["point_coords", "to_points"], "points", {}),
        ("Sub", ["grid", "points"], "offset", {}),
        ("Mul", ["offset", "offset"], "squares", {}),
        ("ReduceSum", ["squares", "last"], "distance", {"keepdims": 0}),
        ("Sub", ["square", "distance"], "height", {}),
        ("Relu", ["height"], "hill", {}),
        ("Equal", ["point_labels", "one"], "is_wanted", {}),
        ("Equal", ["point_labels", "none"], "is_unwanted", {}),
        ("Cast", ["is_wanted"], "plus", {"to": FLOAT}),
        ("Cast", ["is_unwanted"], "minus", {"to": FLOAT}),
        ("Reshape", ["plus", "to_weights"], "wanted", {}),
        ("Reshape", ["minus", "to_weights"], "unwanted", {}),
        ("Sub", ["wanted", "one"], "below", {}),
        ("Mul", ["below", "far"], "deep", {}),
        ("Add", ["height", "deep"], "relevant", {}),
        ("ReduceMax", ["relevant"], "highest", {"axes": [0], "keepdims": 0}),
        ("Mul", ["hill", "unwanted"], "taken", {}),
        ("ReduceSum", ["taken", "first"], "less", {"keepdims": 0}),
        ("Sub", ["highest", "less"], "scores", {}),
        ("Unsqueeze", ["scores", "batch"], "masks", {}),
    ]
    return nodes, constants


def square_grid(step=1):
    """Positions of pixels of the square, or of one that is smaller by a factor."""
    n = SIDE // step
    centers = (np.arange(n) + 0.5) * step - 0.5
    return np.stack(np.meshgrid(centers, centers), axis=-1)


def model(plugin, tmp_path, nodes, constants, outputs=("masks",), inputs=INPUTS):
    decoder = save_model(tmp_path / "decoder.onnx", nodes, inputs, outputs, constants)
    return plugin.PromptableModel(save_encoder(tmp_path / "encoder.onnx"), decoder)


@pytest.fixture
def discs(plugin, tmp_path):
    return model(plugin, tmp_path, *disc_nodes(square_grid()))


def view(photo, points, wanted=None, box=None, mask_shape=None):
    height, width = photo.shape[:2]
    camera = Camera(50, 50, (width - 1) / 2, (height - 1) / 2, width, height)
    frame = Frame("photo", camera, np.eye(4), ArrayPhoto(photo))
    mask = np.zeros(mask_shape or (height, width), np.uint16)
    points = np.asarray(points, float).reshape(-1, 2)
    wanted = np.ones(len(points), bool) if wanted is None else np.asarray(wanted)
    return ToolInput(frame, mask, 1, Prompt(points, wanted, box))


def blank(height, width):
    return np.zeros((height, width, 3), np.uint8)


def disc(height, width, x, y, radius=RADIUS):
    v, u = np.mgrid[:height, :width]
    return (u - x) ** 2 + (v - y) ** 2 < radius**2


SIZES = [(48, 64), (64, 48), (64, 64), (1, 64), (17, 64)]


@pytest.mark.parametrize(("height", "width"), SIZES)
def test_a_click_on_a_pixel_means_that_pixel(discs, height, width):
    for x, y in ((0, 0), (width - 1, height - 1), (width // 2, height // 3), (width - 1, 0)):
        found = discs.segment(view(blank(height, width), [[x, y]]))
        np.testing.assert_array_equal(found, disc(height, width, x, y))


def test_a_mask_of_another_resolution_than_the_photo(discs):
    """The middle of ten by ten mask pixels is the centre of their photo pixel."""
    found = discs.segment(view(blank(48, 64), [[204.5, 304.5]], mask_shape=(480, 640)))
    np.testing.assert_array_equal(found, disc(48, 64, 20, 30))


@pytest.mark.parametrize(("height", "width"), [(24, 32), (32, 24), (12, 16), (3, 16)])
def test_small_photos_are_enlarged_about_pixel_centres(discs, height, width):
    scale = SIDE // max(height, width)
    x, y = width // 2, height // 2
    found = discs.segment(view(blank(height, width), [[x, y]]))
    row = np.flatnonzero(found[y])
    assert row.mean() == x
    inner, outer = (disc(height, width, x, y, RADIUS / scale + d) for d in (-1, 1))
    assert (found | outer == outer).all()
    assert (found & inner == inner).all()


@pytest.mark.parametrize(("height", "width"), [(96, 128), (128, 96), (100, 150), (427, 640)])
def test_large_photos_are_reduced_about_pixel_centres(discs, height, width):
    scale = SIDE / max(height, width)
    for x, y in ((width // 3, height // 2), (width // 2, height // 4)):
        found = discs.segment(view(blank(height, width), [[x, y]]))
        v, u = np.nonzero(found)
        assert abs(u.mean() - x) < 0.35 / scale
        assert abs(v.mean() - y) < 0.35 / scale
        assert abs(found.sum() / (np.pi * (RADIUS / scale) ** 2) - 1) < 0.08


def test_unwanted_points_take_away(discs):
    found = discs.segment(view(blank(48, 64), [[20, 20], [40, 20], [22, 20]], [True, True, False]))
    v, u = np.mgrid[:48, :64]
    hill = [RADIUS**2 - (u - x) ** 2 - (v - 20) ** 2 for x in (20, 40, 22)]
    expected = np.maximum(hill[0], hill[1]) - np.maximum(hill[2], 0) > 0
    assert 0 < expected.sum() < 2 * disc(48, 64, 40, 20).sum()
    np.testing.assert_array_equal(found, expected)


def test_the_padding_point_of_a_prompt_without_box_means_nothing(discs):
    assert not discs.segment(view(blank(48, 64), np.zeros((0, 2)))).any()


def test_a_box_reaches_the_decoder_as_its_two_corners(plugin, tmp_path):
    """This decoder fills the box between the points of meaning 2 and 3."""
    two_three = [("two", np.float32(2)), ("three", np.float32(3))]
    nodes, ends = [], {}
    for name in ("two", "three"):
        nodes += [
            ("Equal", ["point_labels", name], f"is_{name}", {}),
            ("Cast", [f"is_{name}"], f"as_{name}", {"to": FLOAT}),
            ("Reshape", [f"as_{name}", "column"], f"weight_{name}", {}),
            ("Mul", ["flat", f"weight_{name}"], f"only_{name}", {}),
            ("ReduceSum", [f"only_{name}", "first"], f"corner_{name}", {"keepdims": 0}),
        ]
        ends[name] = f"corner_{name}"
    nodes = [
        ("Reshape", ["point_coords", "pairs"], "flat", {}),
        *nodes,
        ("Sub", ["grid", ends["two"]], "after", {}),
        ("Sub", [ends["three"], "grid"], "before", {}),
        ("Min", ["after", "before"], "nearer", {}),
        ("ReduceMin", ["nearer"], "least", {"axes": [2], "keepdims": 0}),
        ("Add", ["least", "half"], "scores", {}),
        ("Unsqueeze", ["scores", "batch"], "masks", {}),
    ]
    constants = [
        *two_three,
        ("grid", square_grid().astype(np.float32)),
        ("column", np.array([-1, 1], np.int64)),
        ("pairs", np.array([-1, 2], np.int64)),
        ("first", np.array([0], np.int64)),
        ("batch", np.array([0, 1], np.int64)),
        ("half", np.float32(0.5)),
    ]
    boxes = model(plugin, tmp_path, nodes, constants)
    found = boxes.segment(view(blank(48, 64), [[9, 9]], box=Rect(10, 5, 33, 40)))
    expected = np.zeros((48, 64), bool)
    expected[5:40, 10:33] = True
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("height", "width"), [(48, 64), (64, 40)])
def test_what_the_photo_shows_decides(plugin, tmp_path, height, width):
    """This decoder selects what has the colour of the clicked pixel, within the square."""
    nodes = [
        ("ReduceSum", ["image_embeddings", "channels"], "grey", {"keepdims": 0}),
        ("Slice", ["point_coords", "zero", "one", "second"], "click", {}),
        ("Reshape", ["click", "pair"], "xy", {}),
        ("Gather", ["xy", "reversed"], "yx", {"axis": 0}),
        ("Round", ["yx"], "rounded", {}),
        ("Cast", ["rounded"], "place", {"to": onnx.TensorProto.INT64}),
        ("Squeeze", ["grey", "zero"], "flat", {}),
        ("GatherND", ["flat", "place"], "color", {}),
        ("Sub", ["flat", "color"], "difference", {}),
        ("Abs", ["difference"], "distance", {}),
        ("Sub", ["near", "distance"], "scores", {}),
        ("Unsqueeze", ["scores", "batch"], "masks", {}),
    ]
    constants = [
        ("channels", np.array([1], np.int64)),
        ("zero", np.array([0], np.int64)),
        ("one", np.array([1], np.int64)),
        ("second", np.array([1], np.int64)),
        ("pair", np.array([2], np.int64)),
        ("reversed", np.array([1, 0], np.int64)),
        ("near", np.float32(0.01)),
        ("batch", np.array([0, 1], np.int64)),
    ]
    by_color = model(plugin, tmp_path, nodes, constants)
    rng = np.random.default_rng(0)
    regions = rng.integers(0, 5, (height, width))
    colors = np.array([(0, 0, 0), (9, 9, 9), (90, 10, 10), (10, 120, 10), (10, 10, 250)], np.uint8)
    photo = colors[regions]
    for x, y in ((0, 0), (width - 1, height - 1), (width - 1, 0), (7, 11)):
        found = by_color.segment(view(photo, [[x, y]]))
        np.testing.assert_array_equal(found, regions == regions[y, x])


def test_the_square_holds_the_photo_and_zeros(plugin):
    """Red, green and blue in this order, mean and deviation of SAM, nothing beside the photo."""
    photo = blank(32, 64)
    photo[:] = (255, 128, 0)
    image = plugin.Square(32, 64, SIDE).image(photo)
    assert image.shape == (1, 3, SIDE, SIDE)
    assert image.dtype == np.float32
    expected = (np.array([255, 128, 0]) - [123.675, 116.28, 103.53]) / [58.395, 57.12, 57.375]
    np.testing.assert_allclose(image[0, :, 31, 63], expected, rtol=1e-6)
    assert not image[0, :, 32:].any()


def test_decoders_that_answer_at_the_photos_size(plugin, tmp_path):
    """They are told the size; their masks are taken as they are."""
    height, width = 100, 150
    scale = SIDE / width
    v, u = np.mgrid[:height, :width]
    grid = np.stack([(u + 0.5) * scale - 0.5, (v + 0.5) * (43 / 100) - 0.5], axis=-1)
    nodes, constants = disc_nodes(grid)
    nodes[-1] = ("Unsqueeze", ["scores", "batch"], "positive", {})
    # The size takes part: what is 100 lines tall adds nothing.
    nodes += [
        ("Sub", ["orig_im_size", "size"], "off", {}),
        ("ReduceSum", ["off", "first"], "nothing", {}),
        ("Add", ["positive", "nothing"], "masks", {}),
    ]
    constants.append(("size", np.array([height, width], np.float32)))
    inputs = [*INPUTS, ("orig_im_size", (2,))]
    exact = model(plugin, tmp_path, nodes, constants, inputs=inputs)
    found = exact.segment(view(blank(height, width), [[60, 40]]))
    offset = grid - grid[40, 60]
    np.testing.assert_array_equal(found, (offset**2).sum(-1) < RADIUS**2)


def test_the_mask_that_the_model_trusts_most_is_taken(plugin, tmp_path):
    nodes, constants = disc_nodes(square_grid())
    nodes[-1] = ("Unsqueeze", ["scores", "batch"], "right", {})
    nodes += [
        ("Neg", ["right"], "negative", {}),
        ("Concat", ["negative", "right", "negative"], "masks", {"axis": 1}),
        ("Identity", ["trust"], "iou_predictions", {}),
    ]
    constants.append(("trust", np.array([[0.1, 0.9, 0.3]], np.float32)))
    several = model(plugin, tmp_path, nodes, constants, ("masks", "iou_predictions"))
    found = several.segment(view(blank(48, 64), [[20, 20]]))
    np.testing.assert_array_equal(found, disc(48, 64, 20, 20))


def test_masks_coarser_than_the_square(plugin, tmp_path):
    nodes, constants = disc_nodes(square_grid(step=2))
    coarse = model(plugin, tmp_path, nodes, constants)
    found = coarse.segment(view(blank(48, 64), [[30.5, 20.5]]))
    v, u = np.nonzero(found)
    assert (u.mean(), v.mean()) == (30.5, 20.5)
    expected = disc(48, 64, 30.5, 20.5)
    assert (found & expected).sum() / (found | expected).sum() > 0.85


def test_a_photo_is_encoded_once(discs):
    class Counting:
        calls = 0

        def run(self, *arguments):
            self.calls += 1
            return inner.run(*arguments)

    inner, discs._encoder = discs._encoder, Counting()
    first = view(blank(48, 64), [[20, 20]])
    again = ToolInput(first.frame, first.mask, 1, Prompt(np.array([[40.0, 30]]), np.array([True])))
    assert not np.array_equal(discs.segment(first), discs.segment(again))
    assert discs._encoder.calls == 1
    discs.segment(view(blank(48, 64), [[20, 20]]))
    assert discs._encoder.calls == 2


def test_models_that_do_not_fit_are_named(plugin, tmp_path, monkeypatch):
    encoder = save_encoder(tmp_path / "encoder.onnx")
    decoder = save_model(tmp_path / "decoder.onnx", *_with_inputs(disc_nodes(square_grid())))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(FormatError, match=r"text\.onnx cannot be loaded"):
        plugin.PromptableModel(tmp_path / "text.onnx", decoder)
    flat = save_encoder(tmp_path / "flat.onnx", (3, SIDE, SIDE))
    with pytest.raises(FormatError, match=r"expected \(1, 3, S, S\)"):
        plugin.PromptableModel(flat, decoder)
    with pytest.raises(FormatError, match="asks for \\['image'\\]"):
        plugin.PromptableModel(encoder, encoder).segment(view(blank(48, 64), [[1, 1]]))
    for name in (plugin.ENCODER, plugin.DECODER):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(FormatError, match="set O3D_PAINT_ENCODER and O3D_PAINT_DECODER"):
        plugin.TOOL.run(view(blank(48, 64), [[1, 1]]))


def _with_inputs(made):
    nodes, constants = made
    return nodes, INPUTS, ["masks"], constants


def test_installed_it_paints(plugin, tmp_path, monkeypatch):
    """From the entry point of the example's own project file to paint in a project."""
    project_file = (FOLDER / "pyproject.toml").read_text()
    assert '[project.entry-points."o3d_paint.tools"]' in project_file
    (entry,) = (line for line in project_file.splitlines() if line.startswith("promptable ="))
    info = tmp_path / "o3d_paint_promptable-0.1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: o3d-paint-promptable\nVersion: 0\n"
    )
    target = entry.split('"')[1]
    (info / "entry_points.txt").write_text(f"[o3d_paint.tools]\npromptable = {target}\n")
    monkeypatch.syspath_prepend(tmp_path)
    decoder = save_model(tmp_path / "decoder.onnx", *_with_inputs(disc_nodes(square_grid())))
    encoder = save_encoder(tmp_path / "encoder.onnx")
    monkeypatch.setenv(plugin.ENCODER, str(encoder))
    monkeypatch.setenv(plugin.DECODER, str(decoder))
    importlib.invalidate_caches()
    _loaded.cache_clear()
    photo_tools.cache_clear()
    try:
        tool = photo_tools()["promptable"]
        assert tool.is_experimental
        project = Project(strip_scene(), classes=["wall"])  # photos 16 x 108, masks 160 x 1080
        prompt = Prompt(np.array([[84.5, 544.5]]), np.array([True]))
        assert apply_photo_tool(project, 1, tool, prompt=prompt, class_id=1)
        y, x = np.nonzero(project.mask(1))
        # A pixel of the square is 17 of the mask's: the disc lies about the click.
        assert abs(x.mean() - 84.5) < 10
        assert abs(y.mean() - 544.5) < 10
    finally:
        _loaded.cache_clear()
        photo_tools.cache_clear()
