from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
from o3d_paint.io.scene import load_scene
from o3d_paint.project.project import Project
from o3d_paint.ui.commands import find_command
from o3d_paint.ui.models import checked_commands, class_state, options_state
from o3d_paint.ui.panels.class_panel import ClassActions, ClassPanel
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.tool_options import ToolActions, ToolOptions
from o3d_paint.ui.studio import MAX_RADIUS, Studio, Viewing


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory):
    options = SampleOptions(photos=3, resolution=48, shadows=False, smooth=False)
    return load_scene(write_sample(generate_sample(options), tmp_path_factory.mktemp("scene")))


@pytest.fixture
def studio(scene) -> Studio:
    return Studio(Project(scene))


def test_photos_go_around(studio: Studio) -> None:
    studio.step_photo(1)
    assert studio.viewing.open_idx == 0
    studio.step_photo(-1)
    assert studio.viewing.open_idx == 2
    studio.step_photo(1)
    assert studio.viewing.open_idx == 0


def test_a_gesture_paints_the_open_photo_with_the_chosen_class(studio: Studio) -> None:
    studio.open_photo(1)
    studio.choose_class(3)
    studio.press(500, 500, False)
    assert studio.is_painting
    studio.drag(700, 520)
    studio.release()
    assert not studio.is_painting
    assert studio.project.painted_frames == (1,)
    assert set(np.unique(studio.project.mask(1))) == {0, 3}
    assert studio.project.history.undo_name == "paint"
    assert studio.class_at(500, 500) == 3
    assert studio.class_at(-50, 500) == 0


def test_the_other_button_erases_with_the_same_tool(studio: Studio) -> None:
    studio.open_photo(0)
    studio.press(500, 500, False)
    studio.release()
    studio.press(500, 500, True)
    studio.release()
    assert studio.project.painted_frames == ()


def test_escape_takes_the_stroke_back(studio: Studio) -> None:
    studio.open_photo(0)
    studio.press(500, 500, False)
    studio.drag(600, 500)
    assert studio.cancel()
    studio.drag(700, 500)
    studio.release()
    assert studio.project.painted_frames == ()
    assert studio.project.history.undo_name is None
    assert not studio.cancel()


def test_brush_and_eraser_keep_their_own_size(studio: Studio) -> None:
    studio.set_radius(50)
    studio.choose_tool("eraser")
    studio.set_radius(10)
    studio.choose_tool("brush")
    assert studio.radius == 50
    studio.step_radius(1000)
    assert studio.radius == MAX_RADIUS


def test_swapping_goes_back_and_forth(studio: Studio) -> None:
    studio.choose_class(4)
    studio.swap_class()
    assert studio.viewing.class_id == 1
    studio.swap_class()
    assert studio.viewing.class_id == 4


def test_a_removed_class_is_not_painted_any_more(studio: Studio) -> None:
    studio.choose_class(2)
    studio.project.remove_class(2)
    assert studio.viewing.class_id in studio.project.taxonomy


def test_hidden_classes_are_part_of_the_look(studio: Studio) -> None:
    studio.project.set_hidden(2, True)
    assert studio.viewing.look.hidden == {2}


def test_nothing_is_told_when_nothing_changes(studio: Studio) -> None:
    told: list[tuple[Viewing, Viewing]] = []
    studio.viewing_changed.connect(lambda a, b: told.append((a, b)))
    studio.choose_class(1)
    studio.view(opacity=studio.viewing.opacity)
    assert told == []


def test_suggestions_end_when_all_is_painted(studio: Studio) -> None:
    for _ in range(3):
        studio.open_photo(studio.suggested)
        studio.press(500, 500, False)
        studio.release()
    assert studio.suggested is None


def test_menus_tick_what_is_chosen_and_switched_on(studio: Studio) -> None:
    def ticked() -> frozenset[str]:
        return checked_commands(studio, has_cameras=True, has_plane_photos=False)

    assert ticked() == {"brush", "colors_mix", "ghost", "cameras"}
    studio.choose_tool("polygon")
    studio.set_mode("labels")
    studio.toggle_heat("conflicts")
    studio.view(has_ghost=False, protect=True, through=True)
    assert ticked() == {"polygon", "colors_labels", "conflicts", "protect", "through", "cameras"}
    assert all(find_command(name).in_menu for name in ticked())
    assert checked_commands(None, has_cameras=False, has_plane_photos=False) == frozenset()


def test_without_a_scene_nothing_pretends_to_work(studio: Studio) -> None:
    def usable(panel: ItemPanel) -> set[str]:
        panel.resize(1200, 300, em=16)
        return {item.key for item in panel.items if item.is_solid and item.is_enabled}

    def nothing(*_: object) -> None:
        """Do nothing."""

    classes = ClassPanel(ClassActions(*[nothing] * 8))
    classes.set_model(class_state(None, None))
    assert usable(classes) == set()
    classes.set_model(class_state(studio, None))
    assert "add" in usable(classes)
    options = ToolOptions(ToolActions(*[nothing] * 4))
    options.set_model(options_state(None, frozenset({"brush"})))
    assert usable(options) == set()
    options.set_model(options_state(studio, frozenset({"brush"})))
    assert {"brush", "size", "opacity"} <= usable(options)
