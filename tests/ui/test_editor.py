from __future__ import annotations

import numpy as np
import pytest

from o3d_paint.io.sample import SampleOptions, generate_sample, write_sample
from o3d_paint.io.scene import load_scene
from o3d_paint.project.project import Project
from o3d_paint.ui.commands import find_command
from o3d_paint.ui.editor import MAX_RADIUS, Editor, EditorState
from o3d_paint.ui.models import checked_commands, class_state, options_state
from o3d_paint.ui.panels.class_panel import ClassActions, ClassPanel
from o3d_paint.ui.panels.item_panel import ItemPanel
from o3d_paint.ui.panels.tool_options import ToolActions, ToolOptions


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory):
    options = SampleOptions(photos=3, resolution=48, shadows=False, smooth=False)
    return load_scene(write_sample(generate_sample(options), tmp_path_factory.mktemp("scene")))


@pytest.fixture
def editor(scene) -> Editor:
    return Editor(Project(scene))


def test_photos_go_around(editor: Editor) -> None:
    editor.step_photo(1)
    assert editor.state.open_idx == 0
    editor.step_photo(-1)
    assert editor.state.open_idx == 2
    editor.step_photo(1)
    assert editor.state.open_idx == 0


def test_a_gesture_paints_the_open_photo_with_the_chosen_class(editor: Editor) -> None:
    editor.open_photo(1)
    editor.choose_class(3)
    editor.press(500, 500, False)
    assert editor.is_painting
    editor.drag(700, 520)
    editor.release()
    assert not editor.is_painting
    assert editor.project.painted_frames == (1,)
    assert set(np.unique(editor.project.mask(1))) == {0, 3}
    assert editor.project.history.undo_name == "paint"
    assert editor.class_at(500, 500) == 3
    assert editor.class_at(-50, 500) == 0


def test_the_other_button_erases_with_the_same_tool(editor: Editor) -> None:
    editor.open_photo(0)
    editor.press(500, 500, False)
    editor.release()
    editor.press(500, 500, True)
    editor.release()
    assert editor.project.painted_frames == ()


def test_escape_takes_the_stroke_back(editor: Editor) -> None:
    editor.open_photo(0)
    editor.press(500, 500, False)
    editor.drag(600, 500)
    assert editor.cancel()
    editor.drag(700, 500)
    editor.release()
    assert editor.project.painted_frames == ()
    assert editor.project.history.undo_name is None
    assert not editor.cancel()


def test_brush_and_eraser_keep_their_own_size(editor: Editor) -> None:
    editor.set_radius(50)
    editor.choose_tool("eraser")
    editor.set_radius(10)
    editor.choose_tool("brush")
    assert editor.radius == 50
    editor.step_radius(1000)
    assert editor.radius == MAX_RADIUS


def test_swapping_goes_back_and_forth(editor: Editor) -> None:
    editor.choose_class(4)
    editor.swap_class()
    assert editor.state.class_id == 1
    editor.swap_class()
    assert editor.state.class_id == 4


def test_a_removed_class_is_not_painted_any_more(editor: Editor) -> None:
    editor.choose_class(2)
    editor.project.remove_class(2)
    assert editor.state.class_id in editor.project.taxonomy


def test_hidden_classes_are_part_of_the_look(editor: Editor) -> None:
    editor.project.set_hidden(2, True)
    assert editor.state.look.hidden == {2}


def test_nothing_is_told_when_nothing_changes(editor: Editor) -> None:
    told: list[tuple[EditorState, EditorState]] = []
    editor.state_changed.connect(lambda a, b: told.append((a, b)))
    editor.choose_class(1)
    editor.view(opacity=editor.state.opacity)
    assert told == []


def test_suggestions_end_when_all_is_painted(editor: Editor) -> None:
    for _ in range(3):
        editor.open_photo(editor.suggested)
        editor.press(500, 500, False)
        editor.release()
    assert editor.suggested is None


def test_menus_tick_what_is_chosen_and_switched_on(editor: Editor) -> None:
    def ticked() -> frozenset[str]:
        return checked_commands(editor, has_cameras=True, has_plane_photos=False)

    assert ticked() == {"brush", "colors_mix", "ghost", "cameras"}
    editor.choose_tool("polygon")
    editor.set_mode("labels")
    editor.toggle_heat("conflicts")
    editor.view(has_ghost=False, protect=True, through=True)
    assert ticked() == {"polygon", "colors_labels", "conflicts", "protect", "through", "cameras"}
    assert all(find_command(name).in_menu for name in ticked())
    assert checked_commands(None, has_cameras=False, has_plane_photos=False) == frozenset()


def test_without_a_scene_nothing_pretends_to_work(editor: Editor) -> None:
    def usable(panel: ItemPanel) -> set[str]:
        panel.resize(1200, 300, em=16)
        return {item.key for item in panel.items if item.is_solid and item.is_enabled}

    def nothing(*_: object) -> None:
        """Do nothing."""

    classes = ClassPanel(ClassActions(*[nothing] * 8))
    classes.set_model(class_state(None, None))
    assert usable(classes) == set()
    classes.set_model(class_state(editor, None))
    assert "add" in usable(classes)
    options = ToolOptions(ToolActions(*[nothing] * 4))
    options.set_model(options_state(None, frozenset({"brush"})))
    assert usable(options) == set()
    options.set_model(options_state(editor, frozenset({"brush"})))
    assert {"brush", "size", "opacity"} <= usable(options)
