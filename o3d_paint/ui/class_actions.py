"""What the class list and its menus do: add, rename, recolour, reorder, merge, delete, search."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from o3d_paint.errors import PaintError
from o3d_paint.project.coverage import Coverage
from o3d_paint.ui import models
from o3d_paint.ui.editor import Editor
from o3d_paint.ui.frames import CardFrame
from o3d_paint.ui.panels.class_search import ClassSearch
from o3d_paint.ui.panels.color_picker import ColorPicker, ColorPickerState
from o3d_paint.ui.panels.dialog import DialogButton
from o3d_paint.ui.panels.menu import Menu, MenuEntry, class_menu
from o3d_paint.ui.theme import Color

__all__ = ["ClassHandlers"]

Choose = Callable[[str], None]


class ClassHandlers:
    """Handlers for the classes of one project.

    Args:
        editor: Whose project.
        frame: Where cards open.
        coverage: Returns what is known of each class's share; None before it is counted.
    """

    def __init__(
        self, editor: Editor, frame: CardFrame, coverage: Callable[[], Coverage | None]
    ) -> None:
        self._editor = editor
        self._project = editor.project
        self._frame = frame
        self._popups = frame.popups
        self._coverage = coverage

    def select(self, class_id: int) -> None:
        """Paint with a class."""
        self._editor.choose_class(class_id)

    def move(self, class_id: int, position: int) -> None:
        """Give a class another position in the order."""
        self._project.move_class(class_id, position)

    def toggle_hidden(self, class_id: int) -> None:
        """Hide or show a class."""
        project = self._project
        project.set_hidden(class_id, class_id not in project.hidden)

    def toggle_locked(self, class_id: int) -> None:
        """Lock or unlock a class."""
        project = self._project
        project.set_locked(class_id, class_id not in project.locked)

    def add(self) -> None:
        """Ask for a name and add a class."""

        def accept(name: str) -> str:
            if taken := self._taken(name):
                return taken
            try:
                added = self._project.add_class(name)
            except PaintError as error:
                return str(error)
            self._popups.close()
            self._editor.choose_class(added)
            return ""

        text = "It gets a colour that is not used yet."
        self._popups.ask_text("Add a class", text, "Add", initial="", accept=accept)

    def rename(self, class_id: int) -> None:
        """Ask for another name."""
        name = self._project.taxonomy.get(class_id).name

        def accept(text: str) -> str:
            if taken := self._taken(text, besides=class_id):
                return taken
            try:
                self._project.rename_class(class_id, text)
            except PaintError as error:
                return str(error)
            return ""

        self._popups.ask_text(f"Rename {name}", "", "Rename", initial=name, accept=accept)

    def _taken(self, name: str, *, besides: int = 0) -> str:
        """Return what to say where another class has a name; "" where none has."""
        others = (c for c in self._project.taxonomy if c.class_id != besides)
        is_taken = any(c.name == name.strip() for c in others)
        return f"There is a class {name.strip()} already" if is_taken else ""

    def recolor(self, class_id: int) -> None:
        """Ask for another colour."""
        taxonomy = self._project.taxonomy
        label_class = taxonomy.get(class_id)

        def accept(color: Color) -> None:
            self._popups.close()
            self._project.recolor_class(class_id, color)

        picker = ColorPicker(lambda _: None, accept, self._popups.close)
        used = frozenset(c.color for c in taxonomy if c.class_id != class_id)
        title = f"Colour of {label_class.name}"
        picker.set_model(ColorPickerState(title, label_class.color, used))
        self._popups.open(picker)

    def open_menu(self, class_id: int, x: int, y: int) -> None:
        """Show what can be done with a class, at a position of the class list."""
        rows = models.class_rows(self._project, self._coverage())
        position = next(i for i, row in enumerate(rows) if row.class_id == class_id)
        frame_idx = self._editor.state.open_idx
        is_on_photo = frame_idx is not None and bool(
            (self._project.mask(frame_idx) == class_id).any()
        )
        entries = class_menu(
            rows[position], position=position, count=len(rows), is_on_photo=is_on_photo
        )
        self._show_menu(entries, x, y, lambda choice: self._do(choice, class_id, position, x, y))

    def search(self) -> None:
        """Find a class by its name."""

        def choose(class_id: int) -> None:
            self._popups.close()
            self.select(class_id)

        def add(name: str) -> None:
            self._popups.close()
            self._editor.choose_class(self._project.add_class(name))

        search = ClassSearch(choose, self._popups.close, add)
        search.set_model(models.class_rows(self._project, self._coverage()))
        self._popups.open(search)

    def _do(self, choice: str, class_id: int, position: int, x: int, y: int) -> None:
        project = self._project
        self._popups.close()
        if choice == "rename":
            self.rename(class_id)
        elif choice == "recolor":
            self.recolor(class_id)
        elif choice == "move_up":
            project.move_class(class_id, position - 1)
        elif choice == "move_down":
            project.move_class(class_id, position + 1)
        elif choice == "merge":
            self._choose_heir(class_id, x, y)
        elif choice == "clear_photo":
            frame_idx = self._editor.state.open_idx
            if frame_idx is not None:
                project.clear(frame_idx, class_id)
        elif choice == "delete":
            self._ask_delete(class_id)

    def _choose_heir(self, class_id: int, x: int, y: int) -> None:
        """Ask which class gets the paint: by the search, since there may be hundreds."""
        rows = models.class_rows(self._project, self._coverage())
        gone = next(row for row in rows if row.class_id == class_id)

        def choose(heir: int) -> None:
            self._popups.close()
            self._project.merge_class(class_id, heir)

        question = f"Merge {gone.name} into…"
        search = ClassSearch(choose, self._popups.close, None, question=question)
        # The keys of other lists would choose, here the digits are typed.
        search.set_model(tuple(replace(r, key="") for r in rows if r is not gone))
        frame = self._frame.place_of("classes")
        self._popups.open(search, anchor=(frame.x + x, frame.y + y))

    def _ask_delete(self, class_id: int) -> None:
        label_class = self._project.taxonomy.get(class_id)
        masks = self._project.packed_masks().values()
        painted = any(class_id in mask.class_ids for mask in masks)

        def answer(button_id: str) -> None:
            if button_id == "accept":
                self._project.remove_class(class_id)

        if not painted:
            answer("accept")
            return
        buttons = (
            DialogButton("cancel", "Cancel"),
            DialogButton("accept", "Delete", is_primary=True, is_danger=True),
        )
        text = "Its paint goes with it, on all photos. Undo brings both back."
        self._popups.ask(f"Delete {label_class.name}?", text, buttons, answer, icon="trash-2")

    def _show_menu(self, entries: tuple[MenuEntry, ...], x: int, y: int, choose: Choose) -> None:
        frame = self._frame.place_of("classes")
        menu = Menu(choose, self._popups.close)
        menu.set_model(entries)
        self._popups.open(menu, anchor=(frame.x + x, frame.y + y))
