"""From a small face to a portrait: geometry from the card, landmarks with fallbacks, the settings of the article."""

from __future__ import annotations

import numpy as np
import pytest
from infer_fixtures import lowres_picture
from infer_runs import BOX, bicubic, card, drawn_face, painter, textured
from set_fixtures import LANDMARKS

from curate.guides import GuideStyle, draw_guide, lowres_input, small_face
from infer.config import GenerateImagesOptions
from infer.engine import BadTile, TileEngine
from infer.landmarks import Placed, place, plausible
from infer.latent import latent
from infer.paint import Painter, PaintSettings
from infer.portrait import Geometry, Small, Studio, settings_from, to_pixels
from infer.project import enlarge, project
from infer.sheet import candidate_sheet, contact_sheet, seen, steps_sheet
from infer.tiles import plan

SMALL = PaintSettings(tile=16, overlap=5)


def options(**values):
    return GenerateImagesOptions(lowres="faces", upres="large", **values)


def studio(net=bicubic, settings=SMALL, **values) -> Studio:
    return Studio(painter(net), settings, batch=5, **values)


def small(seed: int = 3) -> Small:
    return Small(f"seed {seed}", drawn_face(seed, 64), Placed(LANDMARKS, "mean landmarks"))


def test_geometry_is_read_from_the_card_and_another_size_changes_the_stack_only():
    assert Geometry.of(card("upres", small=False)) == Geometry(128, 96, 32, GuideStyle())
    assert Geometry.of(card("upres", small=False), 1024) == Geometry(128, 128, 32, GuideStyle())


@pytest.mark.parametrize(("size", "side"), [(None, 384), (512, 512), (128, 128)])
def test_the_portrait_has_the_size_asked_for(size, side):
    portrait = next(studio(size=size).portraits([small()]))
    assert portrait.picture.shape == portrait.bicubic.shape == (side, side, 3)


def test_the_network_sees_exactly_what_training_sees():
    face = drawn_face(3, 200)
    seen_by_net = []

    def spy(crop):
        seen_by_net.append(crop)
        return bicubic(crop)

    portrait = next(studio(spy).portraits([Small("", face, Placed(LANDMARKS, "detector"))]))
    expected = lowres_input(small_face(face, 64), draw_guide(LANDMARKS, 64, "rgb"), 48)
    np.testing.assert_array_equal(portrait.stack, expected)
    np.testing.assert_array_equal(seen_by_net[0], expected[:, :16, :16])


def test_a_bicubic_network_gives_the_projected_bicubic_enlargement_but_for_what_lies_beyond_a_tile():
    stack = lowres_picture(48, channels=6)
    painting = Painter(TileEngine(lambda batch: np.stack([bicubic(c) for c in batch])), SMALL)(stack)
    whole = project(enlarge(stack[:3]), stack[:3])
    assert np.abs(painting.picture - whole).max() < 0.02  # bicubic looks over a tile's edge, which the rim hides
    assert painting.agreement > 60


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_batches_across_pictures_change_nothing(batch):
    stacks = [(str(seed), lowres_picture(48, seed, channels=6)) for seed in range(3)]
    net = painter(textured).net
    alone = [Painter(TileEngine(net, 4), SMALL)(stack, name).picture for name, stack in stacks]
    together = Painter(TileEngine(net, batch), SMALL).paint_all(stacks)
    for one, other in zip(alone, together, strict=True):
        np.testing.assert_allclose(other.picture, one, atol=1e-5)


def test_one_candidate_is_the_same_to_the_bit_as_none():
    stack = lowres_picture(48, channels=6)
    net = painter(textured).net
    plain = Painter(TileEngine(net), SMALL)(stack)
    unchosen = PaintSettings(tile=16, overlap=5, candidates="none", weights=(("contrast", 1.0),), agreement=0)
    np.testing.assert_array_equal(Painter(TileEngine(net), unchosen)(stack).picture, plain.picture)


@pytest.mark.parametrize("pick", ["contrast", "laplacian", "critic"])
def test_candidates_are_picked_by_each_of_the_measures(pick):
    settings = PaintSettings(tile=16, overlap=5, candidates="article", weights=((pick, 1.0),), agreement=0)
    judge = TileEngine(
        lambda tiles, crops: tiles.std(axis=(1, 2, 3), keepdims=True) * np.ones((1, 1, 14, 14), np.float32)
    )
    painting = Painter(TileEngine(painter(textured).net), settings, judge)(lowres_picture(48, channels=6))
    assert len(painting.kept) == 16
    for own, label in zip(painting.candidates, painting.choice.labels, strict=True):
        values = {c.change: c.measures[pick] for c in own}
        if pick != "laplacian":  # whose extremes are cut off, so that several may be best
            assert values[label] == max(values.values())


def test_candidates_to_be_judged_by_a_critic_need_one():
    with pytest.raises(ValueError, match="critic"):
        Painter(TileEngine(bicubic), PaintSettings(candidates="flip"))


def test_the_whole_picture_at_once_has_no_tiles_and_any_shape():
    shapes = []

    def net(batch):
        shapes.append(batch.shape)
        return np.stack([bicubic(c) for c in batch])

    settings = PaintSettings(tile=16, whole=True, projections=0)
    picture = lowres_picture(48, channels=6)[:, :40]
    painting = Painter(TileEngine(net), settings)(picture)
    assert shapes == [(1, 6, 48, 48)]
    assert painting.picture.shape == (3, 320, 384)
    np.testing.assert_allclose(painting.picture[:, :280], enlarge(picture[:3])[:, :280], atol=1e-5)


def test_nan_names_the_picture_and_the_tile():
    net = painter(lambda crop: bicubic(crop) * np.nan)
    with pytest.raises(BadTile, match="seed 3, tile row 1, column 1"):
        next(Studio(net, SMALL).portraits([small(3)]))


def test_a_guide_of_regions_and_none_at_all_have_their_channels():
    for guide, count in (("regions", 9), ("none", 3)):
        made = next(Studio(painter(bicubic, guide=guide), SMALL).portraits([small()]))
        assert made.stack.shape[0] == count


def test_faithful_is_the_article_and_single_options_still_count():
    ours, article = settings_from(options(), 32), settings_from(options(faithful=True), 32)
    assert (ours.overlap, ours.bands, ours.projections, ours.candidates) == (10, 2, 3, "none")
    assert (article.overlap, article.bands, article.projections, article.agreement) == (16, 1, 0, 0.0)
    assert article.candidates == "article"
    assert len(plan(96, 96, 32, article.overlap)) == 25
    mixed = settings_from(options(faithful=True, projections=2, overlap=0, pick="contrast"), 32)
    assert (mixed.projections, mixed.overlap) == (2, 0)
    assert dict(mixed.weights) == {"contrast": 1.0, "critic": 0.0, "laplacian": 0.0, "residual": 0.0}
    assert dict(options(laplacian_weight=0.5).weights())["laplacian"] == 0.5
    with pytest.raises(ValueError, match="--overlap 32"):
        settings_from(options(overlap=32), 32)


def test_landmarks_of_a_drawn_face_are_found_by_the_detector():
    placed = place(drawn_face(3, 128), LANDMARKS, BOX)
    assert placed.source == "detector"
    assert placed.found
    assert placed.points.min() > 0
    assert placed.points.max() < 1


def test_without_a_face_the_predictor_looks_into_the_mean_box_and_nonsense_gives_way_to_the_mean(monkeypatch):
    grey = np.full((64, 64, 3), 128, np.uint8)
    placed = place(grey, LANDMARKS, BOX)
    assert placed.source == "mean box"
    assert not placed.found
    assert plausible(placed.points, LANDMARKS)
    far = place(grey, LANDMARKS, (0.0, 0.0, 0.2, 0.2))
    assert far.source == "mean landmarks"
    np.testing.assert_array_equal(far.points, LANDMARKS)


def test_a_face_that_fills_the_picture_is_found_with_a_border_and_a_lower_threshold():
    tight = np.ascontiguousarray(drawn_face(0, 256)[30:206, 40:216])  # brow to chin
    placed = place(tight, LANDMARKS, BOX)
    assert placed.source == "detector with border"
    assert placed.found


def test_landmarks_that_are_no_face_are_implausible():
    assert plausible(LANDMARKS, LANDMARKS)
    assert not plausible(LANDMARKS + 0.2, LANDMARKS)
    assert not plausible(np.full((68, 2), 0.5), LANDMARKS)


def test_noise_is_decided_by_seed_and_attempt_and_truncation_moves_it_inward():
    plain = latent(5, 2000)
    np.testing.assert_array_equal(plain, latent(5, 2000))
    assert not np.array_equal(plain, latent(6, 2000))
    assert not np.array_equal(plain, latent(5, 2000, attempt=1))
    assert plain.mean() == pytest.approx(0, abs=0.1)
    assert plain.std() == pytest.approx(1, abs=0.05)
    cut = latent(5, 2000, truncation=0.7)
    assert np.abs(cut).max() <= 0.7
    assert np.corrcoef(cut, plain)[0, 1] > 0.9  # the same face, plainer


def test_pixels_are_rounded_and_cut_off():
    values = np.array([-2.0, -1.0, 0.0, 1.0, 1.5], np.float32)
    np.testing.assert_array_equal(to_pixels(np.tile(values, (3, 1, 1)))[0, :, 0], [0, 0, 128, 255, 255])


def test_sheets_show_the_way_and_the_candidates():
    settings = PaintSettings(tile=16, overlap=5, candidates="flip", weights=(("contrast", 1.0),))
    portrait = next(studio(textured, settings).portraits([small()]))
    steps = steps_sheet(portrait, 96)
    assert steps.shape[1] == 4 * 104 + 8
    np.testing.assert_array_equal(
        steps[8:104, 112:208], np.asarray(contact_sheet([("", portrait.guide)], 96)[8:104, 8:104])
    )
    kept = candidate_sheet(portrait, "flip", 40)
    frames = (kept == (230, 60, 30)).all(axis=-1)
    assert frames.any()
    assert kept.shape[0] == 22 + 16 * 48 + 8


def test_a_guide_of_regions_is_shown_in_the_colours_of_the_article():
    drawn, regions = draw_guide(LANDMARKS, 64), draw_guide(LANDMARKS, 64, "regions")
    assert np.abs(seen(regions).astype(int) - drawn).max() <= 2
