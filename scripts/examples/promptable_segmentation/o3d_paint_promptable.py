"""Segmentation from clicks by an ONNX encoder and decoder of the user's own: an experiment.

Pixel rule: integer (u, v) is the centre of a pixel, in the mask, the photo and the square that the
model sees. What is resized by s maps u to (u + 0.5) * s - 0.5, so that a click on a pixel means
that pixel, whatever the sizes. (Segment Anything multiplies by s alone, half a model pixel off.)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from o3d_paint.core.arrays import BoolArray, RgbArray
from o3d_paint.plugins import FormatError, PhotoTool, Prompt, ToolInput, require

__all__ = ["TOOL", "PromptableModel", "Square"]

Floats = npt.NDArray[np.float32]

ENCODER, DECODER = "O3D_PAINT_ENCODER", "O3D_PAINT_DECODER"
# Of the photos that Segment Anything was trained on, sRGB of 0 to 255.
_MEAN = np.array([123.675, 116.28, 103.53], dtype=np.float32)
_DEVIATION = np.array([58.395, 57.12, 57.375], dtype=np.float32)
_USUAL_SIDE = 1024
_WANTED, _UNWANTED, _CORNER, _OTHER_CORNER, _PADDING = 1.0, 0.0, 2.0, 3.0, -1.0


@dataclass(frozen=True)
class Square:
    """How a photo lies in the square that the model sees: in its upper left corner.

    Attributes:
        height: Lines of the photo.
        width: Columns of the photo.
        side: Of the square.
    """

    height: int
    width: int
    side: int

    @property
    def inner(self) -> tuple[int, int]:
        """(h, w) of the photo within the square; the rest is padding."""
        scale = self.side / max(self.height, self.width)
        return max(1, int(self.height * scale + 0.5)), max(1, int(self.width * scale + 0.5))

    def image(self, photo: RgbArray) -> Floats:
        """Return the (1, 3, side, side) input of the encoder."""
        h, w = self.inner
        shrinks = h < self.height
        way = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
        resized = cv2.resize(photo, (w, h), interpolation=way)
        padded = np.zeros((self.side, self.side, 3), dtype=np.float32)
        padded[:h, :w] = (resized.astype(np.float32) - _MEAN) / _DEVIATION
        return np.ascontiguousarray(padded.transpose(2, 0, 1)[None], dtype=np.float32)

    def points(self, points: npt.NDArray[np.float64], shape: tuple[int, int]) -> Floats:
        """Return (K, 2) positions in the square of positions in a mask of some (H, W)."""
        h, w = self.inner
        scale = np.array([w / shape[1], h / shape[0]])
        return ((points + 0.5) * scale - 0.5).astype(np.float32)

    def cropped(self, scores: Floats) -> Floats:
        """Return (height, width) scores of the photo from those of the whole square."""
        side_h, side_w = scores.shape
        if (side_h, side_w) != (self.side, self.side):
            size = (self.side, self.side)
            scores = cv2.resize(scores, size, interpolation=cv2.INTER_LINEAR)
        h, w = self.inner
        inside = np.ascontiguousarray(scores[:h, :w])
        if (h, w) == (self.height, self.width):
            return inside
        size = (self.width, self.height)
        return np.asarray(cv2.resize(inside, size, interpolation=cv2.INTER_LINEAR))


class PromptableModel:
    """An encoder and a decoder, and what the encoder said of the last photo."""

    def __init__(self, encoder: Path, decoder: Path) -> None:
        """Load both.

        Raises:
            FormatError: One is no ONNX model, or not of the expected form.
            MissingExtraError: onnxruntime is not installed.
        """
        self._encoder = _session(encoder)
        self._decoder = _session(decoder)
        (image,) = self._encoder.get_inputs()
        if len(image.shape) != 4 or image.shape[1] != 3:
            msg = f"{encoder} takes an image of shape {image.shape}, expected (1, 3, S, S)"
            raise FormatError(msg)
        self._image_name = image.name
        self._side = image.shape[2] if isinstance(image.shape[2], int) else _USUAL_SIDE
        self._last: tuple[object, Any] | None = None

    def segment(self, view: ToolInput) -> BoolArray:
        """Return the (h, w) mask of the photo that the prompt means."""
        photo = view.frame.photo
        square = Square(photo.height, photo.width, self._side)
        if self._last is None or self._last[0] is not photo:
            image = square.image(photo.pixels())
            (embedding, *_) = self._encoder.run(None, {self._image_name: image})
            self._last = photo, embedding
        shape = (view.mask.shape[0], view.mask.shape[1])
        coords, labels = _prompt_arrays(view.prompt, square, shape)
        offered = {
            "image_embeddings": self._last[1],
            "point_coords": coords[None],
            "point_labels": labels[None],
            "mask_input": np.zeros((1, 1, self._side // 4, self._side // 4), dtype=np.float32),
            "has_mask_input": np.zeros(1, dtype=np.float32),
            "orig_im_size": np.array([photo.height, photo.width], dtype=np.float32),
        }
        wanted = [i.name for i in self._decoder.get_inputs()]
        unknown = set(wanted) - set(offered)
        if unknown:
            msg = f"the decoder asks for {sorted(unknown)}, expected {sorted(offered)}"
            raise FormatError(msg)
        names = [o.name for o in self._decoder.get_outputs()]
        results = self._decoder.run(None, {name: offered[name] for name in wanted})
        scores = _best(dict(zip(names, results, strict=True)))
        if scores.shape != (photo.height, photo.width):
            scores = square.cropped(scores)
        return scores > 0


def _prompt_arrays(prompt: Prompt, square: Square, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    """Return (K, 2) positions and (K,) their meanings, as the decoder takes them."""
    positions = [prompt.points]
    labels = [np.where(prompt.wanted, _WANTED, _UNWANTED)]
    if prompt.box is None:
        # A decoder that was given no box expects a point that means nothing.
        extra, meaning = np.zeros((1, 2), dtype=np.float32), [_PADDING]
    else:
        # The box covers whole pixels; its corners are the centres of the outermost ones.
        box = prompt.box
        corners = np.array([[box.x0, box.y0], [box.x1 - 1, box.y1 - 1]], dtype=np.float64)
        extra, meaning = square.points(corners, shape), [_CORNER, _OTHER_CORNER]
    coords = np.concatenate([square.points(np.concatenate(positions), shape), extra])
    return coords, np.concatenate([*labels, meaning]).astype(np.float32)


def _best(outputs: dict[str, Any]) -> Floats:
    """Return the (h, w) scores of the mask that the model itself trusts most.

    Raises:
        FormatError: The decoder gives no masks.
    """
    masks = outputs.get("masks")
    if masks is None or masks.ndim != 4:
        msg = f"the decoder gives {sorted(outputs)}, expected masks of shape (1, M, H, W)"
        raise FormatError(msg)
    trust = outputs.get("iou_predictions")
    best = int(np.argmax(trust[0])) if trust is not None and masks.shape[1] > 1 else 0
    return np.asarray(masks[0, best], dtype=np.float32)


def _session(path: Path) -> Any:
    """Load a model.

    Raises:
        FormatError: It is no ONNX model.
    """
    runtime = require("onnxruntime", extra="sam", purpose="segmentation from clicks")
    try:
        return runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    except Exception as error:
        # The runtime's exceptions share no base class of their own.
        msg = f"{path} cannot be loaded ({error}): expected an ONNX model"
        raise FormatError(msg) from error


_MODELS: dict[tuple[str, str], PromptableModel] = {}


def _run(view: ToolInput) -> BoolArray:
    """Segment with the models that the environment names."""
    paths = os.environ.get(ENCODER, ""), os.environ.get(DECODER, "")
    if not all(paths):
        msg = f"set {ENCODER} and {DECODER} to the ONNX files of an encoder and a decoder"
        raise FormatError(msg)
    if paths not in _MODELS:
        _MODELS[paths] = PromptableModel(Path(paths[0]), Path(paths[1]))
    return _MODELS[paths].segment(view)


TOOL = PhotoTool(
    "Segment from clicks",
    _run,
    hint="Click what you mean or drag a box; Ctrl+click adds, Shift+click takes away.",
    is_experimental=True,
)
"""What the entry point names."""
