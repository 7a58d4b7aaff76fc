"""Text of others, made safe for a terminal, for JSON on a terminal, and for a spreadsheet.

Names of classes, photos and files may hold anything. ESC and other control characters would move
the cursor or rename the window, marks of writing direction would show ``gnp.exe`` as ``exe.png``,
and a cell that begins with ``=`` would be a formula.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["cell_text", "json_text", "printable"]

# Unicode's categories Cc, Cf, Cs, Zl and Zp, but for the joiners that shape letters and emoji
# (U+200C, U+200D) and the signs that show (U+0600 to U+0605, U+06DD, U+070F, U+0890, U+08E2 …);
# and what is no character, which XML refuses.
_HIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f"
    "\ud800-\udfff\ufdd0-\ufdef\ufeff\ufff9-\ufffb\ufffe\uffff\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0001\U000e0020-\U000e007f]"
)
_FORMULA_STARTS = ("=", "+", "-", "\u2212", "@", "\t", "\r", "\n")
"""What spreadsheets take for the beginning of a formula.

Source: OWASP's page on CSV injection; and the minus of typesetters, which some import as one.
"""


def printable(text: str) -> str:
    r"""Return text in one line in which every character shows, the others as ``\x1b``."""
    return _HIDDEN.sub(lambda m: m[0].encode("unicode_escape", "surrogatepass").decode(), text)


def json_text(text: str) -> str:
    r"""Return JSON whose strings mean the same, the characters that do not show as ``\u009b``.

    Args:
        text: Of `json.dumps`, whose lines may be broken.
    """
    return _HIDDEN.sub(lambda m: m[0] if m[0] == "\n" else _escaped(m[0]), text)


def cell_text(text: str) -> str:
    """Return the text of a table's cell; what a spreadsheet would calculate gets a quote before."""
    # Full-width signs and signs behind blanks count as well.
    start = unicodedata.normalize("NFKC", text.lstrip())[:1]
    is_formula = start in _FORMULA_STARTS or text[:1] in _FORMULA_STARTS
    return f"'{printable(text)}" if is_formula else printable(text)


def _escaped(character: str) -> str:
    """Return a character as JSON escapes it, one beyond 16 bits as its two halves."""
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[i : i + 2] for i in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair, 'big'):04x}" for pair in pairs)
