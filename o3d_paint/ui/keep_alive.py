"""Arrays that the graphics driver may still be reading.

Open3D hands it pointers, not copies, and it reads them some frames later on a thread of its own
(0.20: images from tensors and colours of tensor clouds). An array that is replaced stays here for
a while; freed at once it would end the process now and then.
"""

from __future__ import annotations

import time
from collections import deque

__all__ = ["retire"]

_SECONDS = 20.0
_retired: deque[tuple[float, object]] = deque()


def retire(*arrays: object) -> None:
    """Keep what is no longer used until the driver cannot want it any more."""
    now = time.monotonic()
    _retired.extend((now, array) for array in arrays)
    while _retired and now - _retired[0][0] > _SECONDS:
        _retired.popleft()
