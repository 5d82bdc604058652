"""Candidates are undone exactly, judged after projection, and chosen so that neighbours agree."""

from __future__ import annotations

import numpy as np
import pytest
from infer_fixtures import high_band, lowres_picture, painted_candidates, patchwork, texture

from infer.blend import Blender
from infer.candidates import AS_IT_IS, CHANGES, Candidate, Change, ask_critic, changed_crops, gather, measure
from infer.choose import Choice, choose, edges, high_bands, neighbours, scores
from infer.engine import Crop, Net, TileEngine
from infer.project import enlarge, lowres_psnr
from infer.tiles import Plan, plan


def upscale(batch: np.ndarray) -> np.ndarray:
    return np.stack([enlarge(crop[:3]) for crop in batch])


def crops(picture: np.ndarray, where: Plan) -> list[Crop]:
    return [Crop(picture[tile.window], tile.name) for tile in where]


def painted(given: list[Crop], net: Net) -> list[list[Candidate]]:
    tiles = TileEngine(net, 5)(crop for _, crop in changed_crops(given, CHANGES["article"]))
    return gather(given, CHANGES["article"], tiles)


def blended(where: Plan, candidates: list[list[Candidate]], labels: np.ndarray) -> np.ndarray:
    kept = (next(c.picture for c in own if c.change == label) for own, label in zip(candidates, labels, strict=True))
    return np.concatenate(list(Blender(where)(kept)), axis=1)


def raw_difference(where: Plan, candidates: list[list[Candidate]], labels: np.ndarray) -> float:
    """How far the textures of the chosen paintings are apart where two neighbours overlap, in units of -1..1."""
    highs = [dict(high_bands(own))[label] for own, label in zip(candidates, labels, strict=True)]
    canvases = [np.full((3, where.scale * where.height, where.scale * where.width), np.nan) for _ in where]
    for canvas, tile, high in zip(canvases, where, highs, strict=True):
        top, left, size = (where.scale * extent for extent in (tile.top, tile.left, tile.size))
        canvas[:, top : top + size, left : left + size] = high
    return float(np.mean([np.sqrt(np.nanmean(np.square(canvases[a] - canvases[b]))) for a, b in neighbours(where)]))


@pytest.mark.parametrize("change", CHANGES["grid"], ids=lambda change: change.name)
def test_every_change_is_undone_exactly_on_the_painted_tile(change):
    crop = lowres_picture(32, channels=6, reach=0.6)
    painted = upscale(change.apply(crop)[None])[0]
    np.testing.assert_allclose(change.undo(painted, crop), enlarge(crop[:3]), atol=1e-5)


def test_a_flip_mirrors_the_guide_with_the_picture_and_other_changes_leave_it():
    crop = lowres_picture(32, channels=6)
    np.testing.assert_array_equal(Change(flip=True).apply(crop), crop[:, :, ::-1])
    np.testing.assert_array_equal(Change(contrast=1.1, saturation=0.9).apply(crop)[3:], crop[3:])


def test_saturation_keeps_the_grey_of_a_pixel_and_contrast_its_mean():
    crop = lowres_picture(32)
    grey = np.array([0.299, 0.587, 0.114])[:, None, None]
    pale = Change(saturation=0.9).apply(crop)
    np.testing.assert_allclose((pale * grey).sum(axis=0), (crop * grey).sum(axis=0), atol=1e-6)
    assert pale.std(axis=0).mean() == pytest.approx(0.9 * crop.std(axis=0).mean(), rel=1e-4)
    strong = Change(contrast=1.1).apply(crop)
    assert strong.mean() == pytest.approx(crop.mean(), abs=1e-6)
    assert strong.std() == pytest.approx(1.1 * crop.std(), rel=1e-4)


def test_a_change_that_would_clip_is_left_out_there():
    bright = lowres_picture(32, reach=0.99)
    assert not Change(contrast=1.1).suits(bright)
    assert Change(contrast=0.9).suits(bright)
    assert AS_IT_IS.suits(2 * bright)


def test_the_sets_of_candidates_are_those_named():
    assert CHANGES["none"] == (AS_IT_IS,)
    assert [change.name for change in CHANGES["article"]] == [
        "as it is", "flip", "contrast 0.9", "contrast 1.1", "saturation 0.9", "saturation 1.1"
    ]  # fmt: skip
    assert len(set(CHANGES["grid"])) == 18
    assert CHANGES["grid"][0] == AS_IT_IS


def test_candidates_are_brought_back_to_their_crop_before_they_are_judged():
    picture, where = lowres_picture(48), plan(48, 48)
    casts = iter(np.linspace(-0.2, 0.2, 200, dtype=np.float32))

    def tinted(batch: np.ndarray) -> np.ndarray:
        return np.stack([tile + next(casts) for tile in upscale(batch)])

    found = painted(crops(picture, where), tinted)
    for own, tile in zip(found, where, strict=True):
        assert next(c.change for c in own) == 0
        for candidate in own:
            assert lowres_psnr(candidate.picture, picture[tile.window]) > 50
    assert max(c.residual for own in found for c in own) > 0.1


def test_the_critic_judges_each_tile_beside_the_crop_it_stands_for():
    picture, where = lowres_picture(48, channels=6), plan(48, 48)
    given = crops(picture, where)
    found = painted(given, upscale)

    def critic(tiles: np.ndarray, lowres: np.ndarray) -> np.ndarray:
        assert tiles.shape[1:] == (3, 256, 256)
        assert lowres.shape[1:] == (6, 32, 32)
        off = np.abs(tiles[:, :, 4::8, 4::8] - lowres[:, :3]).mean(axis=1, keepdims=True)
        return -off[:, :, 1:-1, 1:-1]

    blender = Blender(where)
    windows = [blender.vertical[t.row][:, None] * blender.horizontal[t.column] for t in where]
    ask_critic(found, given, TileEngine(critic, 4), windows)
    assert min(c.measures["critic"] for own in found for c in own) > -0.05


def test_a_noisy_painting_wins_by_sharpness_only_within_the_range_of_real_pictures():
    rng = np.random.default_rng(0)
    base = enlarge(lowres_picture(32))
    own = [Candidate(k, base + texture(base.shape, rng, deviation)) for k, deviation in enumerate([0.02, 0.05, 0.4])]
    for candidate in own:
        measure(candidate)
    assert scores([own], {"laplacian": 1.0}, 3)[0].argmax() == 2
    real = own[1].measures["laplacian"]
    table = scores([own], {"laplacian": 1.0}, 3, sharp_range=(real - 1, real))
    assert table[0, 1] == table[0, 2] > table[0, 0]


def test_missing_paintings_are_never_chosen():
    candidates = [
        [Candidate(0, np.zeros(1), measures={"critic": 0.0}), Candidate(2, np.zeros(1), measures={"critic": 1.0})]
    ]
    table = scores(candidates, {"critic": 1.0}, 3)
    assert np.isnan(table[0, 1])
    assert choose(table, [], 0.38).labels.tolist() == [2]


def test_agreement_zero_is_the_rule_of_the_article_the_best_of_each_tile():
    where = plan(48, 48, 16, 5)
    candidates = painted_candidates(lowres_picture(48), where, count=3)
    table = scores(candidates, {"critic": 1.0}, 3)
    np.testing.assert_array_equal(choose(table, edges(where, candidates, 3), 0.0).labels, table.argmax(axis=1))


def test_labels_that_agree_keep_most_of_the_score_and_the_texture_and_make_no_patchwork():
    lowres, where = lowres_picture(48), plan(48, 48, 16, 5)
    rows = []
    for seed in range(6):
        candidates = painted_candidates(lowres, where, seed=seed)
        table, neighbours = scores(candidates, {"critic": 1.0}, 6), edges(where, candidates, 6)
        best, agreed = choose(table, neighbours, 0.0), choose(table, neighbours, 0.38)
        first = Choice(np.zeros(len(where), dtype=np.int64), float(table[:, 0].mean()), 0.0)
        pictures = [blended(where, candidates, choice.labels) for choice in (first, best, agreed)]
        apart = [raw_difference(where, candidates, choice.labels) for choice in (best, agreed)]
        rows.append(
            (
                (agreed.score - first.score) / (best.score - first.score),
                apart[1] / apart[0],
                patchwork(pictures[2], lowres) / patchwork(pictures[0], lowres),
                high_band(pictures[2]).std() / high_band(pictures[1]).std(),
            )
        )
    kept, difference, patches, fine = np.mean(rows, axis=0)
    assert kept >= 0.6
    assert difference <= 0.8
    assert patches <= 1.3
    assert fine >= 0.95


def test_the_mean_of_candidates_loses_texture_which_is_why_it_is_not_offered():
    where = plan(48, 48, 16, 5)
    candidates = painted_candidates(lowres_picture(48), where)
    one = np.mean([high_band(own[0].picture).std() for own in candidates])
    mean = np.mean([high_band(np.mean([c.picture for c in own], axis=0)).std() for own in candidates])
    assert mean / one < 0.6
