"""A key that takes a tool: a tap takes it for good, holding it for a moment."""

from __future__ import annotations

import time

from o3d_paint.ui.editor import Editor

__all__ = ["HeldTool"]

_HOLD_S = 0.35


class HeldTool:
    """Remembers the tool before another one while that one's key is down.

    Args:
        editor: Who has the tools.
        tool_id: The one whose key it is.
    """

    def __init__(self, editor: Editor, tool_id: str) -> None:
        self._editor = editor
        self._tool_id = tool_id
        self._before = ""
        self._since = 0.0
        self._was_used = False
        editor.sketch_changed.connect(self._gesture_moved)

    def press(self) -> None:
        """The key went down, or the command was chosen."""
        tool = self._editor.state.tool
        # A repeat of the held key, which not every system marks as one, changes nothing.
        if tool != self._tool_id:
            self._before, self._since = tool, time.monotonic()
            self._was_used = False
            self._editor.choose_tool(self._tool_id)

    def release(self) -> None:
        """The key went up: after a while, or a stroke, the tool before comes back."""
        before, self._before = self._before, ""
        # On a slow renderer both events can arrive together, with the stroke between them.
        if before and (self._was_used or time.monotonic() - self._since >= _HOLD_S):
            self._editor.release()
            self._editor.choose_tool(before)

    def _gesture_moved(self) -> None:
        self._was_used |= self._editor.is_painting
