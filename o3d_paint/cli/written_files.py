"""What came of the files that a command writes: one that fails ends none of the others."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from o3d_paint.errors import PaintError

__all__ = ["WrittenFiles"]


@dataclass(slots=True)
class WrittenFiles:
    """What came of the outputs.

    Attributes:
        paths: Files that were written.
        failed: Files that were not, and why.
    """

    paths: list[Path] = field(default_factory=list)
    failed: dict[Path, PaintError] = field(default_factory=dict)

    @contextmanager
    def also(self, path: Path) -> Iterator[None]:
        """Count what the block writes among the files; that it cannot be written ends nothing."""
        from o3d_paint.errors import PaintError

        try:
            yield
        except PaintError as error:
            self.failed[path] = error
        else:
            self.paths.append(path)

    def to_json(self) -> dict[str, Any]:
        """Return both as values of JSON's types."""
        return {
            "outputs": [str(path) for path in self.paths],
            "failed": [{"output": str(p), "reason": str(e)} for p, e in self.failed.items()],
        }

    def require_all(self) -> None:
        """Fail where a file was not written; the others are there all the same.

        Raises:
            PaintError: The first failure, and how many there were.
        """
        if not self.failed:
            return
        first = next(iter(self.failed.values()))
        total = len(self.failed) + len(self.paths)
        more = f" ({len(self.failed)} of {total} files were not written)" if total > 1 else ""
        raise type(first)(f"{first}{more}")
