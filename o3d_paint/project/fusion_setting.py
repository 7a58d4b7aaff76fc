"""How a project is fused, as it is kept among its settings."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from o3d_paint.fusion.settings import FusionSettings

__all__ = ["SETTING", "restored_settings"]

SETTING = "fusion"
"""Where a project keeps them."""

_BEFORE, _CHOSEN_WEIGHTS = "fuse", "weights"
# Of earlier versions: the settings with the weights of the graph, and those weights as the photos
# had chosen them, which nothing uses any more.


def restored_settings(kept: MutableMapping[str, Any]) -> FusionSettings:
    """Return the settings that a project keeps; those of earlier versions are brought up to date.

    Args:
        kept: All settings of the project; what earlier versions kept is taken out.
    """
    kept.pop(_CHOSEN_WEIGHTS, None)
    earlier = kept.pop(_BEFORE, None)
    if SETTING in kept or not isinstance(earlier, dict):
        return FusionSettings.from_json(kept.get(SETTING))
    # 0 was what nobody had asked for: everything was labelled, however unsure.
    settings = FusionSettings.from_json({k: v for k, v in earlier.items() if v != 0})
    if settings != FusionSettings():
        kept[SETTING] = settings.to_json()
    return settings
