"""Compressed bytes that somebody else may have made up."""

from __future__ import annotations

import zlib

__all__ = ["Inflated"]


class Inflated:
    """Compressed bytes, unpacked only as far as they are asked for."""

    def __init__(self, data: bytes) -> None:
        """Look at bytes of zlib."""
        self._inflater = zlib.decompressobj()
        self._rest = data

    def take(self, size: int) -> bytes:
        """Return the next bytes.

        Raises:
            ValueError: There are fewer.
        """
        found = self._inflater.decompress(self._rest, size) if size else b""
        self._rest = self._inflater.unconsumed_tail if size else self._rest
        if len(found) != size:
            msg = "its end is missing"
            raise ValueError(msg)
        return found

    def require_end(self) -> None:
        """Check that nothing is left and the checksum is right.

        Raises:
            ValueError: It is not so.
        """
        if self._inflater.decompress(self._rest, 1) or not self._inflater.eof:
            msg = "its end is damaged"
            raise ValueError(msg)
