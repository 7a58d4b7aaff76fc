"""Photos of a scene, looked up by the names of masks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from o3d_paint.io.photo_words import (
    has_words,
    numbers_in,
    parts_of,
    pattern_of,
    pieces_of,
    plain,
    stripped,
)

__all__ = ["PhotoIndex", "varying_numbers"]


class PhotoIndex:
    """The names of a scene's photos, to be looked up by those of masks.

    Attributes:
        names: Plain names of the photos, in order.
        by_number: The photos by the number in their names.
        is_counted: Whether these numbers are a count from 0 or from 1.
    """

    def __init__(self, names: Sequence[str], files: Sequence[str] | None = None) -> None:
        """Take the names of all photos, in order.

        Args:
            names: Of the frames.
            files: Of the photos' files, where they differ.
        """
        self.names = [plain(n) for n in names]
        self._exact: dict[str, set[int]] = defaultdict(set)
        self._of_files: dict[str, set[int]] = defaultdict(set)
        self._stripped: dict[str, set[int]] = defaultdict(set)
        self._pieces: dict[str, set[int]] | None = None
        for i, name in enumerate(self.names):
            self._exact[name].add(i)
            file = plain(files[i]) if files is not None else name
            self._of_files[file].add(i)
            for form in (*stripped(name), *stripped(file)):
                self._stripped[form].add(i)
        self.by_number: dict[int, set[int]] = defaultdict(set)
        for i, number in varying_numbers(self.names).items():
            self.by_number[number].add(i)
        given = sorted(self.by_number)
        self.is_counted = given in ([*range(len(names))], [*range(1, len(names) + 1)])
        self._patterns = {pattern_of(n) for n in self.names}

    def is_named_alike(self, name: str) -> bool:
        """Return whether photos are called like a mask, but for the number and their folder."""
        pattern = pattern_of(parts_of(name)[-1])
        is_number = pattern.strip("#") == ""
        return not is_number and any(
            p == pattern or p.endswith(f"_{pattern}") for p in self._patterns
        )

    def find(self, name: str) -> tuple[int | None, bool]:
        """Return the photo that a mask's name means, and whether it could mean several.

        The photo's own name counts first, then the mask's without its decorations, then with its
        last folders, then what both have in common: a mask's name that holds a photo's, or the
        other way round.
        """
        is_ambiguous = False
        forms = [form for part in parts_of(name) for form in stripped(part)]
        for known in (self._exact, self._of_files, self._stripped):
            for form in forms:
                photos = known.get(form, set())
                if len(photos) == 1:
                    return next(iter(photos)), False
                is_ambiguous |= len(photos) > 1
        *in_folders, own = parts_of(name)
        for form in (form for part in in_folders for form in stripped(part)):
            photos = self._ending_with(form)
            if len(photos) == 1:
                return next(iter(photos)), False
            is_ambiguous |= len(photos) > 1
        for candidates in (self._held_by(own), self._holding(stripped(own))):
            if len(candidates) == 1:
                return next(iter(candidates)), False
            is_ambiguous |= len(candidates) > 1
        return None, is_ambiguous

    def _ending_with(self, form: str) -> set[int]:
        """Return the photos that lie in folders of which a mask's name has the last ones only."""
        return {i for i, name in enumerate(self.names) if name.endswith(f"_{form}")}

    def _held_by(self, name: str) -> set[int]:
        """Return the photos with the longest name that a mask's name holds."""
        for piece in pieces_of(name):
            if has_words(piece):
                found = self._exact.get(piece, set()) | self._of_files.get(piece, set())
                if found:
                    return found
        return set()

    def _holding(self, forms: Iterable[str]) -> set[int]:
        """Return the photos whose names hold that of a mask."""
        if self._pieces is None:
            self._pieces = defaultdict(set)
            for i, name in enumerate(self.names):
                for piece in pieces_of(name):
                    self._pieces[piece].add(i)
        for form in forms:
            if has_words(form) and numbers_in(form) and form in self._pieces:
                return self._pieces[form]
        return set()


def varying_numbers(names: Sequence[str]) -> dict[int, int]:
    """Return the number by which each of some plain names differs from others of its kind.

    Names are of one kind where they are equal but for numbers; of several numbers that differ the
    last one counts, as of dates with a time, and of a single name too.

    Returns:
        By position of the name; names without a number are not in it.
    """
    kinds: dict[str, list[int]] = defaultdict(list)
    for i, name in enumerate(names):
        kinds[pattern_of(name)].append(i)
    found: dict[int, int] = {}
    for members in kinds.values():
        rows = [numbers_in(names[i]) for i in members]
        columns = list(zip(*rows, strict=True))
        differing = [c for c in columns if len(set(c)) > 1] or columns
        if differing:
            found |= dict(zip(members, differing[-1], strict=True))
    return found
