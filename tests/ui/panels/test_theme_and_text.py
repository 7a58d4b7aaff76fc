from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageFont

from o3d_paint.assets import asset
from o3d_paint.core.taxonomy import Taxonomy
from o3d_paint.io import lettering
from o3d_paint.ui import theme
from o3d_paint.ui.panels.icons import app_icon, icon_bitmap
from o3d_paint.ui.panels.text import (
    Font,
    shortened,
    shortened_head,
    text_bitmap,
    text_width,
    wrapped,
)

AA_TEXT = 4.5
AA_GRAPHICS = 3.0
words = st.text(max_size=60)
fonts = st.builds(Font, st.integers(9, 40), st.booleans())


@pytest.mark.parametrize("ground", [theme.WINDOW, theme.SCENE, theme.PANEL, theme.RAISED])
@pytest.mark.parametrize("ink", [theme.TEXT, theme.TEXT_DIM, theme.WARNING, theme.GOOD])
def test_text_is_readable_on_every_ground(ink, ground):
    assert theme.contrast(ink, ground) >= AA_TEXT


@pytest.mark.parametrize("ground", [theme.ACCENT_FILL, theme.DANGER_FILL, theme.HOVER])
def test_text_is_readable_on_buttons(ground):
    assert theme.contrast(theme.TEXT, ground) >= AA_TEXT


def test_quiet_icons_can_still_be_seen():
    assert theme.contrast(theme.DISABLED, theme.PANEL) >= AA_GRAPHICS
    assert theme.contrast(theme.ACCENT, theme.TRACK) >= AA_GRAPHICS


def test_contrast_of_black_and_white_is_the_known_one():
    assert theme.contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)


def test_ink_stands_out_from_every_class_colour():
    taxonomy = Taxonomy()
    for number in range(64):
        taxonomy = taxonomy.add(f"class {number}")
    worst = min(theme.contrast(theme.readable_on(c.color), c.color) for c in taxonomy)
    assert worst >= AA_TEXT


@pytest.mark.parametrize("em", [14, 16, 24, 32])
def test_sizes_grow_with_the_em(em):
    small, big = theme.Metrics(em), theme.Metrics(2 * em)
    assert big.control == pytest.approx(2 * small.control, abs=1)
    assert small.grid(4) == em
    assert small.small < small.body <= em < small.control


@given(words, fonts, st.integers(0, 400))
def test_shortened_text_never_overflows(text, font, width):
    for line in (shortened(text, font, width), shortened_head(text, font, width)):
        assert line == "" or text_width(line, font) <= width
    if text_width(text, font) <= width:
        assert shortened(text, font, width) == shortened_head(text, font, width) == text


@given(words, fonts)
def test_ink_stays_within_the_measured_width(text, font):
    ink = text_bitmap(text, font)
    assert ink.coverage.dtype == np.uint8
    assert ink.coverage.shape[1] <= text_width(text, font)


@given(words, fonts, st.integers(30, 400), st.integers(1, 4))
def test_wrapped_lines_fit(text, font, width, max_lines):
    lines = wrapped(text, font, width, max_lines)
    assert len(lines) <= max_lines
    assert all(line == "" or text_width(line, font) <= width for line in lines)


def test_other_scripts_do_not_spoil_the_letters_around_them():
    font = Font(20)
    mixed, plain = text_bitmap("roof 屋", font), text_bitmap("roof", font)
    width = plain.coverage.shape[1]
    rows = plain.top - mixed.top
    same = mixed.coverage[rows : rows + plain.coverage.shape[0], :width]
    np.testing.assert_array_equal(same, plain.coverage)
    assert text_width("roof 屋", font) > text_width("roof ", font)


def test_shortening_keeps_the_start_or_the_end():
    font = Font(14)
    width = text_width("frame_000", font)
    assert shortened("frame_0001234567", font, width).startswith("frame")
    assert shortened_head("frame_0001234567", font, width).endswith("4567")


def test_digits_are_equally_wide_so_that_figures_do_not_dance():
    assert len({text_width(str(digit) * 20, Font(14)) for digit in range(10)}) == 1


@pytest.mark.parametrize("is_bold", [False, True])
def test_the_fonts_hold_every_letter_they_are_said_to(is_bold):
    face = ImageFont.truetype(str(asset("fonts", lettering.FILES[is_bold])), 20)
    missing = bytes(face.getmask("\uffff"))
    for first, last in lettering.COVERED:
        for code in range(first, last + 1):
            char = chr(code)
            if char.isprintable() and not char.isspace():
                assert bytes(face.getmask(char)) != missing, hex(code)


def test_icons_keep_their_shape_at_every_size():
    for size in (14, 18, 27, 36):
        icon = icon_bitmap("brush", size)
        assert icon.shape == (size, size)
        assert 0.1 < icon.mean() / 255 < 0.5
    pixels, coverage = app_icon(48)
    assert pixels.shape == (48, 48, 3)
    assert coverage[24, 24] == 255
    with pytest.raises(FileNotFoundError):
        icon_bitmap("no such icon", 18)
