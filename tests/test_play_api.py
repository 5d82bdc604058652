"""The page to play with, as it is asked over the wire: who is let in, wishes, the queue, the command's bytes."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from play_fixtures import painter_fixture, server_fixture, workspace_fixture  # noqa: F401
from route_matrix import ELSEWHERE, STRANGERS, answers, let_in, routes

from curate.pixels import decode
from infer.config import GenerateImagesOptions
from infer.images import run
from infer.like import BY_HAND
from infer.recipe import read_recipe
from infer.spots import of_request

OPEN = {"/join", "/api/join", "/static/<version>/<name>", "/<any('sw.js', 'manifest.webmanifest', 'icon.svg'):name>"}


class Browser:
    """A person's browser without the browser."""

    def __init__(self, server: Any, name: str) -> None:
        self.client, self.base = let_in(server.app, name), f"http://127.0.0.1:{server.port}"

    def get(self, path: str) -> Any:
        return self.client.get(path, base_url=self.base)

    def post(self, path: str, content: object) -> Any:
        return self.client.post(path, base_url=self.base, json=content)

    def ask(self, **wish: Any) -> dict[str, Any]:
        answer = self.post("/api/portraits", {"seed": 7} | wish)
        assert answer.status_code == 202, answer.json
        return answer.json

    def follow(self, told: dict[str, Any], seconds: float = 20) -> dict[str, Any]:
        """Wait for the end; all strokes are in `seen`."""
        seen, end = list(told["seen"]), time.monotonic() + seconds
        while told["state"] in ("queued", "painting"):
            assert time.monotonic() < end
            query = f"seen={len(seen)}&state={told['state']}&before={told['before']}"
            told = self.get(f"/api/portraits/{told['id']}?{query}").json
            seen += told["seen"]
        return told | {"seen": seen}

    def download(self, told: dict[str, Any]) -> bytes:
        return self.get(f"/api/portraits/{told['id']}/portrait.png").data


@pytest.fixture
def ann(server, request):
    return Browser(server, request.node.name)


@pytest.mark.parametrize("way", [*(way for way in STRANGERS if way != "wrong role"), *ELSEWHERE])
def test_every_route_refuses(server, way):
    asked = list(answers(server.app, way, OPEN))
    assert len(asked) >= 10
    assert [(route.path, status) for route, status in asked if status not in {401, 403}] == []


def test_only_the_door_is_open_to_anybody(server):
    assert {route.rule for route in routes(server.app) if route.role == "anybody"} == OPEN | {"/"}


@pytest.mark.parametrize(
    "wish", [{}, {"truncation": 0.7, "candidates": "flip"}, {"faithful": True, "size": 256}], ids=str
)
def test_a_portrait_is_to_the_byte_that_of_the_command(workspace, ann, tmp_path, wish):
    told = ann.follow(ann.ask(**wish))

    options = GenerateImagesOptions(
        lowres="faces", upres="large", seed=7, count=1, output=tmp_path, device="cpu", sheet=False, **wish
    )
    by_command = (run(workspace, options).folder / "000007.png").read_bytes()
    assert ann.download(told) == by_command
    assert told["name"] == "000007.png"
    words = told["command"].split()
    assert words[:9] == ["swipegan", "generate", "images", "--lowres", "faces", "--upres", "large", "--seed", "7"]
    assert ("--faithful" in words, "--candidates" in words) == ("faithful" in wish, "candidates" in wish)


def test_moved_faces_and_landmarks_are_made_again_from_the_picture(workspace, ann, tmp_path):
    found = ann.post("/api/face", {"seed": 7}).json["landmarks"]
    by_hand = [[round(x + 0.01, 6), y] for x, y in found]
    wish = {"toward": {"seed": 9, "share": 0.3}, "along": [0.5, 0, 0, 0, -1, 0], "landmarks": by_hand, "truncation": 2}
    told = ann.follow(ann.ask(**wish))
    picture = tmp_path / told["name"]
    picture.write_bytes(ann.download(told))

    options = GenerateImagesOptions(
        lowres="faces", upres="large", output=tmp_path / "again", device="cpu", sheet=False, like=(picture,)
    )
    again = run(workspace, options).folder / told["name"]

    assert again.read_bytes() == picture.read_bytes()
    recipe = read_recipe(picture)
    assert recipe.request["landmarks"] == by_hand
    assert recipe.result["landmarks"] == BY_HAND
    assert recipe.request["origin"]["along"] == {"light": 0.5, "turn": -1.0}
    assert told["command"].endswith("--like 000007-moved.png")


def test_moving_landmarks_changes_guide_and_portrait_but_not_the_face(ann):
    before = ann.post("/api/face", {"seed": 7}).json
    moved = [[x, y - 0.05] for x, y in before["landmarks"]]
    after = ann.post("/api/face", {"seed": 7, "landmarks": moved}).json
    assert after["face"] == before["face"]
    assert after["guide"] != before["guide"]
    assert after["guide"] == ann.post("/api/guide", {"landmarks": moved}).json["guide"]
    portraits = [ann.download(ann.follow(ann.ask(landmarks=points))) for points in (before["landmarks"], moved)]
    assert not np.array_equal(decode(portraits[0]), decode(portraits[1]))


@pytest.mark.parametrize("change", [{"seed": 8}, {"along": [1, 0, 0, 0, 0, 0]}, {"toward": {"seed": 3, "share": 0.5}}])
def test_seeds_directions_and_another_seed_give_another_face(ann, change):
    assert ann.post("/api/face", {"seed": 7} | change).json["face"] != ann.post("/api/face", {"seed": 7}).json["face"]


def test_tiles_come_with_their_places_and_candidates_with_their_changes(ann):
    told = ann.follow(ann.ask(candidates="flip"))
    portrait = decode(ann.download(told)).astype(int)

    assert told["strokes"] == len(told["seen"]) == 32
    assert {change for *_, change in told["seen"]} == {"as it is", "flip"}
    assert len(told["kept"]) == 16
    for number, (_, top, left, size, _) in enumerate(told["seen"]):
        tile = decode(ann.get(f"/api/portraits/{told['id']}/tiles/{number}").data).astype(int)
        own, other = (view[top : top + size, left : left + size] for view in (portrait, portrait[::-1, ::-1]))
        assert abs(tile.mean(axis=(0, 1)) - own.mean(axis=(0, 1))).max() < 12
        assert abs(tile - own).mean() < abs(tile - other).mean()


@pytest.mark.parametrize(
    ("wish", "said"),
    [
        ({"seed": -1}, "seed is a whole number"),
        ({"seed": 2**60}, "seed is a whole number"),
        ({"seed": True}, "seed is a whole number"),
        ({"seed": 7, "toward": {"seed": 1, "share": 1.5}}, "share is a number from 0 to 1"),
        ({"seed": 7, "along": [1]}, "along holds 6 numbers"),
        ({"seed": 7, "along": [9, 0, 0, 0, 0, 0]}, "along is a number from -1.5 to 1.5"),
        ({"seed": 7, "landmarks": [[0, 0]]}, "68 pairs"),
        ({"seed": 7, "landmarks": [[0, float("nan")]] * 68}, "a landmark is a number"),
        ({"seed": 7, "size": 100}, "size is a multiple of 8"),
        ({"seed": 7, "size": 8000}, "size is a multiple of 8, 128 to 2048"),
        ({"seed": 7, "candidates": "all"}, "candidates is one of none"),
    ],
)
def test_wrong_wishes_are_refused_in_words(ann, wish, said):
    for path in ("/api/face", "/api/portraits"):
        answer = ann.post(path, wish)
        assert answer.status_code == 400
        assert said in answer.json["error"]


def test_portraits_wait_in_turn_are_taken_back_at_once_and_end_within_a_batch(server, painter, ann):
    painter.gate.clear()
    try:
        told = [ann.ask(seed=seed) for seed in (1, 2, 3)]
        assert [one["before"] for one in told] == [0, 1, 2]
        bob = Browser(server, "Bob")
        assert bob.get(f"/api/portraits/{told[0]['id']}").status_code == 404

        assert ann.post(f"/api/portraits/{told[1]['id']}/cancel", {}).json["state"] == "cancelled"
        assert ann.get(f"/api/portraits/{told[2]['id']}?before=2&state=queued").json["before"] == 1
        while not ann.get(f"/api/portraits/{told[0]['id']}").json["seen"]:
            time.sleep(0.01)
        ann.post(f"/api/portraits/{told[0]['id']}/cancel", {})
        first = ann.follow(told[0])
    finally:
        painter.gate.set()

    assert first["state"] == "cancelled"
    assert len(first["seen"]) <= painter.options.batch
    assert ann.get(f"/api/portraits/{told[0]['id']}/portrait.png").status_code == 404
    assert ann.follow(told[2])["state"] == "done"


def test_too_many_are_refused_and_say_so(server, painter, ann):
    painter.gate.clear()
    try:
        asked = [ann.ask(seed=seed) for seed in range(4)]
        while ann.get(f"/api/portraits/{asked[0]['id']}").json["state"] == "queued":
            time.sleep(0.01)
        asked.append(ann.ask(seed=4))
        refused = ann.post("/api/portraits", {"seed": 5})
        for one in asked:
            ann.post(f"/api/portraits/{one['id']}/cancel", {})
    finally:
        painter.gate.set()
    assert refused.status_code == 409
    assert "cancel one" in refused.json["error"]


def test_spoiled_weights_end_one_portrait_not_the_page(server, painter, ann, monkeypatch):
    upres = painter.networks.upres
    spoiled = type(upres)(lambda batch: upres.net(batch) * np.float32("nan"), upres.card, upres.digest)
    with monkeypatch.context() as patch:
        patch.setattr(painter, "networks", type(painter.networks)(painter.networks.lowres, spoiled, Path()))
        told = ann.follow(ann.ask())
    assert told["state"] == "failed"
    assert "weights are spoiled" in told["error"]
    assert ann.follow(ann.ask())["state"] == "done"


def test_the_command_learns_directions_once_and_checks_its_options(workspace, monkeypatch):
    from curate.errors import UsageProblem
    from infer.config_walk import PainterOptions
    from infer.painter import painter as open_painter

    monkeypatch.setattr("infer.directions.FACES", 16)
    options = PainterOptions(lowres="faces", upres="large", device="cpu")
    first = open_painter(workspace, options)
    kept = list((workspace.cache / "directions").glob("*.json"))
    assert len(kept) == 1
    assert len(json.loads(kept[0].read_text())["vectors"]) == len(first.ways.names)
    again = open_painter(workspace, options)
    assert np.array_equal(first.ways.vectors, again.ways.vectors)
    with pytest.raises(UsageProblem, match="--overlap"):
        open_painter(workspace, PainterOptions(lowres="faces", upres="large", device="cpu", overlap=16))


def test_a_recipe_with_the_numbers_of_another_network_is_refused():
    from infer.spots import OtherNetwork

    with pytest.raises(OtherNetwork, match="8 numbers"):
        of_request({"z": [0.0] * 8, "origin": {}}, {}, 100, "face.png")
