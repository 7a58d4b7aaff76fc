from __future__ import annotations

import json
from dataclasses import fields, replace

import numpy as np
import pytest

import o3d_paint as op
from o3d_paint.fusion.settings import METHODS, FusionSettings
from tests.project.scenes import strip_scene


@pytest.mark.parametrize(
    ("typed", "meant"), [("artcle", "article"), ("near", "nearest"), ("Graph", "graph")]
)
def test_a_misspelt_method_is_answered_with_the_one_that_is_meant(typed, meant):
    with pytest.raises(ValueError, match=rf"method '{typed}' .* did you mean '{meant}'\?"):
        FusionSettings(method=typed)


@pytest.mark.parametrize("odd", ["voronoi", "", None, 3])
def test_a_method_that_there_is_not_is_refused(odd):
    with pytest.raises(ValueError, match="choose graph, nearest, ball, article"):
        FusionSettings(method=odd)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("min_confidence", v) for v in (7, -0.1, np.nan, np.inf, None, "0.5", True)),
        *((n, v) for n in ("tolerance", "max_distance", "max_camera_distance")
          for v in (0, -1, np.nan, np.inf, "1", True)),
        *((n, v) for n in ("min_neighbors", "batch_size") for v in (0, -1, 2.5, np.nan, True)),
        *(("conf_thresh", v) for v in (np.nan, -np.inf, "high")),
        *(("keep_strokes", v) for v in ("yes", None, 2)),
    ],
)  # fmt: skip
def test_a_value_out_of_range_is_refused_by_its_name(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be "):
        FusionSettings(**{name: value})


def test_settings_survive_json_and_take_numbers_of_numpy():
    settings = FusionSettings(
        method="ball",
        min_confidence=np.float32(0.25),
        keep_strokes=np.True_,
        max_distance=np.float64(0.5),
        min_neighbors=np.int64(4),
    )
    again = FusionSettings.from_json(json.loads(json.dumps(settings.to_json())))
    assert again == settings
    assert (again.min_confidence, again.min_neighbors, again.keep_strokes) == (0.25, 4, True)


@pytest.mark.parametrize("odd", [None, 5, [], "graph", {"walker": {"trust": 3}}])
def test_settings_of_another_version_are_the_usual_ones(odd):
    assert FusionSettings.from_json(odd) == FusionSettings()


def test_of_settings_of_another_version_what_is_valid_is_kept():
    found = FusionSettings.from_json(
        {"method": "spectral", "min_confidence": 0.25, "min_neighbors": "many", "sun": 1}
    )
    assert found == FusionSettings(min_confidence=0.25)


def test_what_is_not_given_suits_the_scene():
    scene = strip_scene(num_points=200)
    for method in ("graph", "nearest", "ball"):
        found = FusionSettings(method=method).resolved(scene)
        assert (found.max_distance, found.min_neighbors, found.batch_size) == (0.05, 3, 100_000)
        assert found.max_camera_distance is found.conf_thresh is found.tolerance is None
    tiny = replace(scene, metric=False, spacing=0.001)
    assert FusionSettings().resolved(tiny).max_distance == pytest.approx(0.012)
    outdoor = replace(scene, preset="outdoor")
    assert FusionSettings().resolved(outdoor).max_distance == pytest.approx(0.15)
    article = FusionSettings(method="article").resolved(outdoor)
    assert (article.conf_thresh, article.max_distance) == (0.6, 0.15)
    assert (article.tolerance, article.max_camera_distance) == (0.01, 5.0)
    given = FusionSettings(method="article", conf_thresh=0.9, max_distance=2, min_neighbors=7)
    assert given.resolved(outdoor).used() == {
        "method": "article",
        "conf_thresh": 0.9,
        "tolerance": 0.01,
        "max_camera_distance": 5.0,
        "max_distance": 2.0,
        "min_neighbors": 7,
        "batch_size": 100_000,
    }


def test_what_has_no_effect_names_the_methods_that_use_it():
    given = ["max_distance", "min_neighbors", "tolerance", "min_confidence"]
    found = FusionSettings().without_effect(given)
    assert found == [
        "max_distance has no effect with method graph: nearest, ball and article use it.",
        "min_neighbors has no effect with method graph: ball and article use it.",
    ]
    assert not FusionSettings(method="ball").without_effect(given)
    every = [f.name for f in fields(FusionSettings)]
    for method in METHODS:
        settings = FusionSettings(method=method)
        assert len(settings.without_effect(every)) == len(every) - len(settings.used())


def test_the_library_offers_them_by_both_names():
    assert op.FusionSettings is FusionSettings
    assert op.FuseOptions is FusionSettings
