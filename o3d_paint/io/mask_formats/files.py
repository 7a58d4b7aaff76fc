"""Files that belong together, in a folder or in a ZIP archive: readers need not know which.

Archives are never unpacked to disk; a member is read when it is asked for.
"""

from __future__ import annotations

import os
import re
import zipfile
import zlib
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path, PurePosixPath
from weakref import finalize

from o3d_paint.errors import FormatError
from o3d_paint.io.files import open_file, read_file
from o3d_paint.io.images import natural_key
from o3d_paint.io.memory import require_memory

__all__ = ["ArchiveFiles", "FolderFiles", "MaskFiles", "parent_of", "suffix_of"]

_MAX_FILES = 100_000
_DEEPEST = 6
_SAYS_UTF_8 = 0x800
_HIDDEN = re.compile(r"(?:^|/)(?:\.|__MACOSX/)")


class MaskFiles(ABC):
    """Files by name within a folder or archive.

    Attributes:
        root: The folder or archive.
        names: Of the visible files, with ``/`` between folders, in the order that people mean.
    """

    def __init__(self, root: Path, names: Iterable[str]) -> None:
        """Hold a folder's or archive's names."""
        self.root = root
        visible = [n for n in names if n and not _HIDDEN.search(n)]
        self.names = tuple(sorted(visible, key=_order))

    @abstractmethod
    def read(self, name: str) -> BytesIO:
        """Return the bytes of a file.

        Raises:
            FormatError: It is not there or damaged.
            SceneError: It would not fit into memory.
        """

    @abstractmethod
    def where(self, name: str) -> Path:
        """Return what messages call a file."""


class FolderFiles(MaskFiles):
    """The files of a folder and of the folders in it."""

    def __init__(
        self, root: Path, names: Iterable[str] | None = None, *, top_only: bool = False
    ) -> None:
        """Look into a folder.

        Args:
            root: The folder.
            names: Takes these files only.
            top_only: Does not look into the folders in it.

        Raises:
            FormatError: It cannot be read, or holds absurdly many files.
        """
        super().__init__(root, _walk(root, 0 if top_only else _DEEPEST) if names is None else names)

    def read(self, name: str) -> BytesIO:
        """Return the bytes of a file; see the base class."""
        return BytesIO(read_file(self.root / name))

    def where(self, name: str) -> Path:
        """Return the path of a file."""
        return self.root / name


class ArchiveFiles(MaskFiles):
    """The members of a ZIP archive that somebody else made."""

    def __init__(self, path: Path) -> None:
        """Open an archive.

        Raises:
            FormatError: It is no ZIP archive, damaged, or has absurdly many members.
        """
        file = open_file(path)
        finalize(self, file.close)
        try:
            self._zip = zipfile.ZipFile(file)
            infos = [i for i in self._zip.infolist() if not i.filename.endswith("/")]
        except (OSError, ValueError, NotImplementedError, zipfile.BadZipFile) as error:
            msg = f"{path} is not a ZIP archive that can be read: export it again"
            raise FormatError(msg) from error
        if len(infos) > _MAX_FILES:
            msg = f"{path} has {len(infos)} members, more than {_MAX_FILES}: it is not read"
            raise FormatError(msg)
        self._members = {_name_of(info): info for info in infos}
        super().__init__(path, self._members)

    def read(self, name: str) -> BytesIO:
        """Return the bytes of a member, its declared size checked before and while it is read."""
        try:
            info = self._members[name]
            with self._zip.open(info) as member:
                size = info.file_size
                require_memory(f"{name!r} in {self.root}", size)
                return BytesIO(member.read(size + 1))
        except (
            OSError,
            ValueError,
            KeyError,
            EOFError,
            RuntimeError,
            NotImplementedError,
            zipfile.BadZipFile,
            zlib.error,
        ) as error:
            msg = f"{name!r} in {self.root} cannot be read ({error}): export it again"
            raise FormatError(msg) from error

    def where(self, name: str) -> Path:
        """Return archive and member, with a colon between them."""
        return Path(f"{self.root}:{name}")


def parent_of(name: str) -> str:
    """Return the folder of a name, empty for the root."""
    return name.rpartition("/")[0]


def suffix_of(name: str) -> str:
    """Return a name's ending with its dot, in small letters."""
    return PurePosixPath(name).suffix.lower()


def _name_of(info: zipfile.ZipInfo) -> str:
    """Return a member's name; macOS writes UTF-8 without saying so."""
    if info.flag_bits & _SAYS_UTF_8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename


def _order(name: str) -> list[list[tuple[int, int, str]]]:
    return [natural_key(Path(part)) for part in name.split("/")]


def _walk(root: Path, depth: int) -> Iterator[str]:
    """Yield the files below a folder; hidden folders and those too deep are passed over."""
    found = 0
    for folder, inner, files in os.walk(root, onerror=_refuse):
        place = Path(folder).relative_to(root)
        inner[:] = [] if len(place.parts) >= depth else [i for i in inner if i[:1] != "."]
        for name in files:
            found += 1
            if found > _MAX_FILES:
                msg = f"{root} holds more than {_MAX_FILES} files: give the folder of the masks"
                raise FormatError(msg)
            yield (place / name).as_posix()


def _refuse(error: OSError) -> None:
    msg = f"{error.filename} is not a folder that can be read: check the name"
    raise FormatError(msg) from error
