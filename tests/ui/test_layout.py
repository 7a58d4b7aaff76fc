from __future__ import annotations

import pytest

from o3d_paint.ui.layout import LayoutMode, Place, arrange


def overlap(a: Place, b: Place) -> bool:
    return (
        a.x < b.x + b.width
        and b.x < a.x + a.width
        and a.y < b.y + b.height
        and b.y < a.y + a.height
    )


@pytest.mark.parametrize("size", [(1280, 720), (1600, 1000), (3840, 2160), (900, 600)])
@pytest.mark.parametrize("mode", ["both", "scene", "photo"])
@pytest.mark.parametrize("em", [14.0, 16.0, 32.0])
@pytest.mark.parametrize("classes", [1, 5, 64])
def test_panels_fill_the_window_without_overlap(
    size: tuple[int, int], mode: LayoutMode, em: float, classes: int
) -> None:
    content = Place(0, 24, *size)
    places = arrange(content, em=em, split=0.55, mode=mode, class_count=classes)
    assert sum(p.width * p.height for p in places.values()) >= size[0] * size[1] * 0.999
    listed = list(places.values())
    for number, place in enumerate(listed):
        assert place.width > 0
        assert place.height > 0
        assert not any(overlap(place, other) for other in listed[number + 1 :])


def test_modes_show_what_they_say() -> None:
    content = Place(0, 0, 1280, 720)
    scene = arrange(content, em=16, split=0.5, mode="scene", class_count=5)
    photo = arrange(content, em=16, split=0.5, mode="photo", class_count=5)
    assert "canvas" not in scene
    assert scene["scene"].width == 1280
    assert "scene" not in photo
    assert photo["canvas"].width + photo["classes"].width == 1280
    assert photo["canvas"].height >= 0.6 * 720


def test_the_photo_stays_usable_in_a_small_window() -> None:
    places = arrange(Place(0, 24, 1280, 696), em=16, split=0.55, mode="both", class_count=64)
    assert places["canvas"].height >= 200
    assert places["canvas"].width >= 500
