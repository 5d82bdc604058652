"""The gap between photos and generated faces: what makes it wider is seen, and nothing is seen where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from infer_runs import drawn_face, write_runs
from set_fixtures import small_set

from cli.main import call
from curate.files import writing
from curate.guides import GuideStyle, small_face
from curate.workspace import Workspace
from infer.config_gap import GapOptions
from infer.gap import Judge, run
from train.apart import Crowd, Share, area, band_energies, fold_of, margin, told_apart
from train.data import TileData
from train.degrade import Photos

RANDOM = np.random.default_rng(0)
WHOSE = np.repeat(np.arange(20), 3)


def crowd(values: Any, whose: Any = WHOSE) -> Crowd:
    return Crowd(np.asarray(values, np.float64), np.asarray(whose))


def soft_crops(seed: int, grain: float = 0.0, extent: int = 16) -> np.ndarray[Any, Any]:
    """60 crops of smooth shapes, with white noise."""
    random = np.random.default_rng(seed)
    coarse = random.normal(0, 0.3, (60, 3, extent // 4, extent // 4)).repeat(4, 2).repeat(4, 3)
    return np.asarray(coarse + random.normal(0, 0.02 + grain, coarse.shape), np.float32)


def test_values_that_are_alike_are_told_apart_half_of_the_time_and_others_always() -> None:
    same = area(crowd(RANDOM.normal(size=60)), crowd(RANDOM.normal(size=60)))
    assert same.low < 0.5 < same.high
    assert area(crowd(np.ones(60)), crowd(np.ones(60))).value == 0.5
    assert area(crowd(np.arange(60) + 100), crowd(np.arange(60))) == Share(1, 1, 1)


def test_crops_of_few_people_say_less_than_crops_of_many() -> None:
    person, others = np.linspace(-1, 1, 6).repeat(10), crowd(np.linspace(-2, 2, 300), np.arange(300))
    few, many = (area(crowd(person, whose), others) for whose in (np.arange(6).repeat(10), np.arange(60)))
    assert few.value == pytest.approx(many.value)
    assert few.high - few.low > 1.5 * (many.high - many.low)


def test_a_margin_counts_standard_deviations() -> None:
    values = np.tile([-1.0, 1.0], 30)
    found = margin(crowd(values + 2), crowd(values))
    assert found.value == pytest.approx(2)
    assert found.low < 2 < found.high


def test_nobody_is_judged_by_a_classifier_that_saw_them() -> None:
    places = fold_of(WHOSE, 5)
    assert {len(set(places[person == WHOSE])) for person in range(20)} == {1}
    assert np.bincount(places).tolist() == [12] * 5
    features = RANDOM.normal(size=(40, 30)).repeat(3, axis=0)  # each person has numbers of their own, and nothing else
    by_heart = told_apart(crowd(features[:60], np.arange(60)), crowd(features[60:], np.arange(60)))
    honest = told_apart(crowd(features[:60]), crowd(features[60:]))
    assert by_heart.value > 0.9
    assert honest.low < 0.5 < honest.high


def test_grain_is_seen_the_more_of_it_there_is() -> None:
    clean = crowd(band_energies(soft_crops(1)))
    found = [told_apart(clean, crowd(band_energies(soft_crops(4, grain)))) for grain in (0.0, 0.01, 0.03)]
    assert found[0].low < 0.5 < found[0].high
    assert found[0].value + 0.1 < found[1].value < found[2].value
    assert found[2].low > 0.9


def test_a_pattern_is_seen_in_the_band_of_its_period() -> None:
    plain = np.zeros((1, 3, 16, 16), np.float32)
    striped = plain + np.float32(0.1) * (np.arange(16) % 2 * 2 - 1)
    gained = band_energies(striped) - band_energies(plain)
    assert int(gained.argmax()) == 3 * 3  # light, the finest octave across, constant down
    assert gained[0, 9] > 4


class Grain(torch.nn.Module):
    """A discriminator that calls the smoother tile the more real one."""

    def forward(self, tiles: torch.Tensor, beside: torch.Tensor) -> torch.Tensor:
        return -(tiles - torch.nn.functional.avg_pool2d(tiles, 3, 1, 1)).square().mean(dim=1, keepdim=True)


class Nearest(torch.nn.Module):
    """A stage 2 that repeats pixels."""

    def forward(self, lowres: torch.Tensor) -> torch.Tensor:
        return lowres[:, :3].repeat_interleave(8, 2).repeat_interleave(8, 3)


def test_the_discriminator_sees_what_stage_2_makes_of_grain() -> None:
    torch.set_num_threads(1)
    whole = np.stack([drawn_face(seed, 192) for seed in range(4)])
    small = np.stack([small_face(face, 24) for face in whole])
    inputs = torch.from_numpy(np.pad(small / 127.5 - 1, ((0, 0), (0, 0), (0, 0), (0, 3)))).float()
    data = TileData(torch.from_numpy(whole), inputs, 16, Photos(small, np.zeros((4, 68, 2)), GuideStyle(), 24))
    judge = Judge(Nearest(), Grain(), GapOptions(run="x", set="x", lowres="x", count=4, crops=3, device="cpu"))
    found = []
    for grain in (0.0, 0.1):
        generated = inputs + grain * torch.randn(inputs.shape, generator=torch.Generator().manual_seed(0))
        margins, real = judge.compare(data, np.arange(4), generated)
        found.append(margins["beside their crops"])
        assert margins["crops hidden"] == found[-1]  # this one does not look at them
        assert 0 <= real.high < 0.5  # to this one, true tiles look less real than flat ones
    assert found[0]["deviations"].value == 0
    assert found[0]["auc"].value == 0.5
    assert found[1]["deviations"].value > 0.5
    assert found[1]["auc"].value > 0.7


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A workspace with the untrained runs `faces` and `large`, and the set `small` of 384 px."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("gap")
    write_runs(folder)
    small_set(folder, count=6, size=384)
    return Workspace(folder)


def generated_file(path: Path, count: int = 5, extent: int = 64) -> Path:
    faces = np.stack([drawn_face(seed, extent) for seed in range(count)])
    with writing(path) as file:
        np.savez(file, faces=faces, landmarks=np.full((count, 68, 2), 0.5, np.float32))
    return path


def test_both_gaps_of_a_run_are_told_as_json(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["gap", "large", "small", "--lowres", "faces", "--count", "6", "--crops", "1"]
    assert call(["-w", str(place.root), *arguments, "--device", "cpu", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["counts"]["generated"] == 6
    assert set(told["inputs"]) == {"clean", "spoiled"}
    assert set(told["margin"]) == {"beside their crops", "crops hidden"}
    for share in (*told["inputs"].values(), told["real"]):
        assert 0 <= share["low"] <= share["value"] <= share["high"] <= 1


def test_the_same_is_measured_each_time_and_told_in_words(place: Workspace, tmp_path: Path) -> None:
    path = generated_file(tmp_path / "faces.npz")
    options = GapOptions(run="large", set="small", generated=path, count=6, crops=1, device="cpu")
    found = run(place, options)
    assert found == run(place, options)
    assert found.counts["generated"] == 5
    assert "clean photos from generated faces: " in found.text()


@pytest.mark.parametrize(
    ("arguments", "code", "complaint"),
    [
        (["large", "small"], 2, "one of them"),
        (["large", "small", "--lowres", "faces", "--generated", "x.npz"], 2, "one of them"),
        (["faces", "small", "--lowres", "faces"], 1, "name a run of `train upres`"),
        (["large", "small", "--generated", "few"], 1, "too few"),
        (["large", "small", "--generated", "wide"], 1, "have 32 pixels, not 64"),
    ],
)
def test_what_cannot_be_compared_is_refused(
    place: Workspace,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    complaint: str,
) -> None:
    files = {"few": generated_file(tmp_path / "few.npz", 2), "wide": generated_file(tmp_path / "wide.npz", 5, 32)}
    named = [str(files.get(word, word)) for word in arguments]
    assert call(["-w", str(place.root), "gap", *named, "--device", "cpu"]) == code
    assert complaint in capsys.readouterr().err
