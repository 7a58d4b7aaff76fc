"""What floats above the panels, one at a time: menus, questions, pickers, the key overlay."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from open3d.visualization import gui

from o3d_paint.ui.events import KeyEvent, character_of
from o3d_paint.ui.layout import Place
from o3d_paint.ui.panel_host import PanelHost
from o3d_paint.ui.panels.dialog import Dialog, DialogButton, DialogState
from o3d_paint.ui.panels.popup import Popup

__all__ = ["Popups"]

_MARGIN_EM = 1.0
_REPLACES = "Typing replaces it; a click into it edits it."
_NEEDS_CLICK = "Click into the field first; then Ctrl+C, X and V work."


class Popups:
    """The one card that is open, and the native text field that some need.

    Args:
        host: Shows the card.
        changed: Called when the window has to be drawn.
    """

    def __init__(self, host: PanelHost, changed: Callable[[], None]) -> None:
        self._host = host
        self._changed = changed
        self._popup: Popup | None = None
        self._on_dismiss: Callable[[], None] = _nothing
        self._anchor: tuple[int, int] | None = None
        self._is_corner = False
        self._content = Place(0, 0, 1, 1)
        self._em = 16.0
        self._question = DialogState()
        self._selected = ""  # the text that the next letter replaces
        self._text_shown_in = 0
        self.text_field = gui.TextEdit()
        self.text_field.placeholder_text = "type here"
        # The toolkit lays no widget lower than 32 pixels; what it adds must not show.
        self.text_field.background_color = gui.Color(0, 0, 0, 0)
        self.text_field.visible = False
        self._answer: Callable[[str], None] = _nothing_with
        self._host.show(False)

    @property
    def popup(self) -> Popup | None:
        """The open card."""
        return self._popup

    @property
    def is_modal(self) -> bool:
        """Whether the rest of the window waits."""
        return self._popup is not None and not self._is_corner

    def place(self, content: Place, em: float) -> None:
        """The window has another size."""
        self._content, self._em = content, em
        if self._popup is not None:
            self._lay_out()

    def open(
        self,
        popup: Popup,
        *,
        on_dismiss: Callable[[], None] | None = None,
        anchor: tuple[int, int] | None = None,
        is_corner: bool = False,
    ) -> None:
        """Show a card.

        Args:
            popup: The card.
            on_dismiss: Called when a click beside it closes it; None just closes.
            anchor: Window position of its upper left corner; None for the middle.
            is_corner: Whether it sits in the lower left corner and lets the window work.
        """
        self.close()
        self._popup, self._anchor, self._is_corner = popup, anchor, is_corner
        self._on_dismiss = on_dismiss or self.close
        self._host.swap(popup)
        self._lay_out()
        self._host.show(True)
        self._changed()

    def close(self) -> None:
        """Close what is open."""
        if self._popup is None:
            return
        self._popup = None
        self._host.show(False)
        self._show_text_field(False)
        self._changed()

    def dismiss(self) -> None:
        """A click beside the card, or Escape in the text field."""
        if self._popup is not None:
            self._on_dismiss()

    def key(self, event: KeyEvent) -> bool:
        """Give a key to the open card; returns whether it was used."""
        if self._popup is None:
            return False
        used = self._type(event) or self._popup.key(event)
        if self._popup is not None and not self._is_corner:
            self.refit()
            return True
        return used

    def ask(
        self,
        title: str,
        text: str,
        buttons: tuple[DialogButton, ...],
        answer: Callable[[str], None],
        *,
        icon: str = "",
    ) -> None:
        """Ask a question; ``answer`` gets the id of the button, "cancel" for Escape."""

        def answered(button_id: str) -> None:
            self.close()
            answer(button_id)

        dialog = Dialog(answered)
        dialog.set_model(DialogState(title, text, buttons, icon))
        self.open(dialog, on_dismiss=lambda: answered("cancel"))

    def ask_text(
        self,
        title: str,
        text: str,
        verb: str,
        *,
        initial: str,
        accept: Callable[[str], str],
        others: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        """Ask for a line of text.

        Args:
            title: Of the question.
            text: Below it.
            verb: Of the accepting button.
            initial: What the field holds at first.
            accept: Gets the text; returns what is wrong with it, "" to close.
            others: More buttons, by what they say; they close the question.
        """
        more = dict(others or {})
        buttons = (
            DialogButton("cancel", "Cancel"),
            *(DialogButton(words, words) for words in more),
            DialogButton("accept", verb, is_primary=True),
        )

        def answered(button_id: str) -> None:
            if button_id != "accept":
                self.close()
                more.get(button_id, _nothing)()
                return
            error = accept(self.text_field.text_value)
            if not error:
                if self._popup is dialog:
                    self.close()
                return
            self._selected = ""
            self._show_question(error=error)

        dialog = Dialog(answered)
        self._question = DialogState(
            title, text, buttons, "pencil", has_field=True, field_text=initial
        )
        self.text_field.text_value = self._selected = initial
        self._answer = answered
        dialog.set_model(replace(self._question, note=_REPLACES if initial else ""))
        self.open(dialog, on_dismiss=self.close)
        self._text_shown_in = 2

    def tick(self, focus: Callable[[Any], None]) -> bool:
        """Show the text field a moment after its card, so that it lies above it."""
        if not self._text_shown_in or self._popup is None:
            return False
        self._text_shown_in -= 1
        if not self._text_shown_in:
            self._show_text_field(True)
            focus(self.text_field)
        return True

    def _type(self, event: KeyEvent) -> bool:
        """Type into the field while it lacks the toolkit's own focus, which only a click gives.

        The toolkit tells nobody to select a text and draws no selection without its focus, so
        what the next letter replaces is kept here and said below the field. Keys are US
        positions; on another keyboard a click into the field comes first.
        """
        if not self.text_field.visible:
            return False
        text = self.text_field.text_value
        if event.modifiers == {"ctrl"} and event.key in "acvx":
            self._selected = text if event.key == "a" else self._selected
            self._show_question(note=_REPLACES if event.key == "a" and text else _NEEDS_CLICK)
            return True
        if event.modifiers - {"shift"}:
            return False
        typed = character_of(event)
        kept = "" if self._selected == text else text
        if typed:
            text = kept + typed
        elif event.key == "Backspace":
            text = kept[:-1]
        elif event.key == "Delete":
            text = kept
        elif event.key not in ("Left", "Right", "Home", "End"):
            return False
        self.text_field.text_value, self._selected = text, ""
        self._show_question()
        return True

    def _show_question(self, *, note: str = "", error: str = "") -> None:
        if isinstance(self._popup, Dialog):
            self._popup.set_model(replace(self._question, note=note, error=error))

    def enter_released(self) -> None:
        """Enter went up without having gone down: the text field took the first half."""
        if self._popup is not None and self.text_field.visible:
            self._answer("accept")

    def _show_text_field(self, shown: bool) -> None:
        if self.text_field.visible != shown:
            self.text_field.visible = shown
        if not shown:
            self._text_shown_in = 0
        self._place_text_field()

    def refit(self) -> None:
        """Give the card the size that it wants now."""
        if self._popup is None:
            return
        frame = self._host.frame
        if self._wanted() != (frame.width, frame.height):
            self._lay_out()
        self._changed()

    def _wanted(self) -> tuple[int, int]:
        assert self._popup is not None
        margin = int(2 * _MARGIN_EM * self._em)
        return self._popup.preferred_size(
            max(1, self._content.width - margin),
            max(1, self._content.height - margin),
            em=self._em,
        )

    def _lay_out(self) -> None:
        width, height = self._wanted()
        box, margin = self._content, int(_MARGIN_EM * self._em)
        if self._is_corner:
            x, y = box.x + margin, box.y + box.height - height - 12 * margin
        elif self._anchor is not None:
            x = min(self._anchor[0], box.x + box.width - width)
            y = min(self._anchor[1], box.y + box.height - height)
        else:
            x = box.x + (box.width - width) // 2
            y = box.y + (box.height - height) // 2
        self._host.place(gui.Rect(max(0, x), max(0, y), width, height), self._em)
        self._place_text_field()

    def _place_text_field(self) -> None:
        if isinstance(self._popup, Dialog) and self.text_field.visible:
            field, frame = self._popup.field_box, self._host.frame
            self.text_field.frame = gui.Rect(
                frame.x + field.x0, frame.y + field.y0, field.width, field.height
            )


def _nothing() -> None:
    """Do nothing."""


def _nothing_with(_answer: str) -> None:
    """Do nothing."""
