"""What a command says and where: text, notes, JSON; the options ``--json`` and ``--quiet``.

A command that answers takes both options through `answers`::

    @answers("info")
    def info(scene: SceneArgument, *, answer: Answer) -> None:
        answer.check(inputs=[scene])
        ...
        answer.note(scene.notes)
        answer.finish({"points": 12})

The keys of every report are listed in ``assets/docs/json.md``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from o3d_paint import __version__
from o3d_paint.cli.places import (
    STDOUT,
    WRITING,
    ask_before_overwriting,
    check_place,
    is_read_in,
    refuse_one_for_two,
)
from o3d_paint.cli.shared import Command, taking
from o3d_paint.cli.terminal import Told, note, print_json, progress_of, say

__all__ = ["STDOUT", "Answer", "JsonOption", "QuietOption", "answers"]

VERSION = 1
"""Of the reports: raised when a key goes or changes its meaning, not when one comes."""

JsonOption = Annotated[
    Path | None,
    typer.Option(
        "--json",
        metavar="FILE",
        help="Write the report as JSON. - writes it to standard output, and nothing else there.",
        rich_help_panel=WRITING,
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but errors and what was asked for.")
]


@dataclass(slots=True)
class Answer:
    """What one run of a command says.

    Attributes:
        command: As it is typed.
        json_file: Where the report goes; None for nowhere.
        is_quiet: Whether only errors and what was asked for are printed.
        notes: Sentences that were said so far; they are part of the report.
        inputs: Files that are read, which the report is never written over.
    """

    command: str
    json_file: Path | None = None
    is_quiet: bool = False
    notes: list[str] = field(default_factory=list)
    inputs: tuple[Path, ...] = ()

    @property
    def has_stdout(self) -> bool:
        """Whether standard output is free for text: JSON there stands alone."""
        return self.json_file != STDOUT

    @property
    def files(self) -> list[Path]:
        """The file of the report, if it goes into one."""
        return [self.json_file] if self.json_file is not None and self.has_stdout else []

    def check(
        self,
        *,
        inputs: Sequence[Path | str | None] = (),
        outputs: Sequence[Path] = (),
        folders: Sequence[Path] = (),
        overwrite: bool = False,
    ) -> None:
        """Refuse a report that could not be written in the end, and ask before one is replaced.

        Args:
            inputs: Files that are read, which are never written over.
            outputs: What else the command writes.
            folders: Folders of which every file is read.
            overwrite: Whether a file that is there is replaced without asking.

        Raises:
            PaintError: It would be written over an input or another output, or into no folder.
        """
        self.inputs = tuple(Path(p) for p in inputs if p is not None)
        if self.json_file is None or not self.has_stdout:
            return
        refuse_one_for_two([self.json_file], outputs)
        if any(is_read_in(self.json_file, folder) for folder in folders):
            self.inputs = (*self.inputs, self.json_file)
        check_place(self.json_file, self.inputs)
        ask_before_overwriting([self.json_file], overwrite=overwrite)

    def reads(self, sources: Iterable[Path | str]) -> None:
        """Take note of files that turned out to be read; the report is never written over them.

        Raises:
            StorageError: It would be.
        """
        from o3d_paint.io.store import refuse_overwriting

        self.inputs = (*self.inputs, *map(Path, sources))
        for file in self.files:
            refuse_overwriting(file, self.inputs)

    def progress(self, title: str) -> AbstractContextManager[Told]:
        """Return what shows how far something is, on the error stream."""
        return progress_of(title, quiet=self.is_quiet)

    def note(self, sentences: Iterable[str]) -> None:
        """Say what was noticed: on the error stream, and in the report."""
        listed = list(sentences)
        self.notes += listed
        note(listed, quiet=self.is_quiet)

    def say(self, text: str = "") -> None:
        """Print a line about what was done."""
        say(text, quiet=self.is_quiet or not self.has_stdout)

    def show(self, text: str = "", *, mark: str = "") -> None:
        """Print a line of what was asked for, also where the command is to be quiet.

        Args:
            text: May quote names of others.
            mark: Of the program itself, to stand before it; see `say`.
        """
        say(text, mark=mark, quiet=not self.shows_text)

    @property
    def shows_text(self) -> bool:
        """Whether what was asked for is printed as text; a quiet command leaves it to JSON."""
        return self.json_file is None or (self.has_stdout and not self.is_quiet)

    def finish(self, report: dict[str, Any]) -> None:
        """Write the report, if one is wanted.

        Args:
            report: Values of JSON's types. ``notes`` among them are those said elsewhere, and come
                before what was noted here.

        Raises:
            StorageError: It cannot be written, or has the name of what the command wrote.
        """
        from o3d_paint.io.store import write_json

        if self.json_file is None:
            return
        notes = list(dict.fromkeys([*report.get("notes", ()), *self.notes]))
        about = {"version": VERSION, "command": self.command, "program": __version__}
        whole = {**about, **report, "notes": notes}
        if self.has_stdout:
            refuse_one_for_two([self.json_file], [Path(p) for p in report.get("outputs", ())])
            write_json(self.json_file, whole, inputs=self.inputs)
            self.say(f"wrote {self.json_file}")
        else:
            print_json(whole)


def answers(command: str) -> Callable[[Command], Command]:
    """Return a decorator that gives a command ``--json`` and ``--quiet`` as ``answer: Answer``."""
    options = {"json_file": (JsonOption, None), "quiet": (QuietOption, False)}
    return taking("answer", options, partial(_answer, command))


def _answer(command: str, *, json_file: Path | None, quiet: bool) -> Answer:
    return Answer(command, json_file, quiet)
