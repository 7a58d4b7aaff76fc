"""Text of others: nothing that does not show reaches a terminal, nothing calculates in a table."""

from __future__ import annotations

import json
import sys
import unicodedata

import pytest

from o3d_paint.plain_text import cell_text, json_text, printable

EVIL = "\x1b]0;owned\x07\x1b[31mred\x9b31m\u202egnp.exe\u2066\u2028\ttab\nline\udc9b\U000e0041"
SHAPING = "\u200c\u200d"
# Signs of Arabic, Syriac and Kaithi before numbers, and joiners of hieroglyphs: they show.
SIGNS = (
    *range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD,
    *range(0x13430, 0x13456),
)  # fmt: skip


def test_every_character_of_unicode_that_does_not_show_is_escaped() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        is_hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
        is_none = 0xFDD0 <= code <= 0xFDEF or code in (0xFFFE, 0xFFFF)
        if code in SIGNS or character in SHAPING or is_none:
            continue
        assert (printable(character) != character) == is_hidden, hex(code)


def test_what_is_printed_is_one_line_without_controls_and_can_be_encoded() -> None:
    shown = printable(EVIL)
    assert all(c.isprintable() for c in shown)
    assert r"\x1b]0;owned\x07" in shown
    assert r"\u202egnp.exe" in shown
    shown.encode("utf-8")


@pytest.mark.parametrize("name", ["Straße", "床", "👩‍🚒", "می‌خواهم", "a b", "été"])
def test_names_of_any_language_stay_as_they_are(name: str) -> None:
    assert printable(name) == name
    assert cell_text(name) == name


def test_json_means_the_same_and_shows_every_character() -> None:
    value = {EVIL: [EVIL, 1.5, "床"]}
    text = json_text(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(text) == value
    assert all(c.isprintable() or c == "\n" for c in text)
    assert "床" in text


@pytest.mark.parametrize(
    "name", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "＝1", "−1", "＠x"]
)
def test_cells_are_never_formulas(name: str) -> None:
    assert cell_text(name) == f"'{printable(name)}"
