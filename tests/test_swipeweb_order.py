"""What comes next, and what is said about agreement, over HTTP."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import sqlalchemy as sa
from swipe_helpers import make_workspace, serving

from curate.concord import agreement
from curate.judge_labels import is_audited
from curate.models import File, Label, Model, Prediction
from curate.promise import promise
from curate.store_queue import spread_kinds
from swipeweb.client import SwipeClient, verdict
from swipeweb.lessons import FEWEST


@pytest.fixture
def workspace(tmp_path):
    return make_workspace(tmp_path, 40)


def predict(workspace, quality) -> None:
    with workspace.open().begin() as session:
        session.add(Model(id=1, recipe={}, labels=1, last_seq=1))
        session.flush()
        session.add_all(Prediction(image_id=i, model_id=1, quality=quality(i), reasons=[]) for i in range(1, 41))


def test_uncertain_images_come_first_and_a_fifth_is_drawn_at_random(workspace):
    predict(workspace, lambda image: 0.5 + image / 100)
    with serving(workspace, order="uncertain") as server:
        ann = SwipeClient(server.link("Ann"))
        for _ in range(5):
            ann.send([verdict(image.id, "good") for image in ann.next(4)])
        with server.sessions() as session:
            labels = list(session.execute(sa.select(Label.image_id, Label.purpose)))
    purposes = Counter(purpose for _, purpose in labels)
    assert purposes["queue"] > purposes["random"] >= 1
    uncertain = [image for image, purpose in labels if purpose == "queue"]
    assert max(uncertain) <= 20


def test_the_page_says_what_the_labels_taught_and_how_many_more_would_do(workspace):
    predict(workspace, lambda image: 0.4 if image > 30 else 0.9)
    with workspace.open().begin() as session:
        session.get_one(Model, 1).recipe = {"threshold": 0.5, "precision": 0.9}
    with serving(workspace, order="random") as server:
        ann = SwipeClient(server.link("Ann"))
        said = {image.id: "bad" if image.id > 30 else "good" for image in ann.next(40)}
        ann.send([verdict(image, word) for image, word in said.items()])
        server.parts.keeper.tick()
        audited = [image for image in said if image <= 30 and is_audited(image)]
        lesson = ann.progress()["lesson"]
    assert len(audited) >= FEWEST
    assert lesson.startswith(f"{len(audited)} of {len(audited)} tested photos that the model keeps are good; another ")
    more = int(re.fullmatch(r".* another (\d+) swipes would likely do\.", lesson).group(1))
    assert promise(len(audited), len(audited), 0.9).more <= more <= 200


def test_without_a_model_the_lesson_is_about_the_share_of_good_photos(workspace):
    with serving(workspace, order="random") as server:
        ann = SwipeClient(server.link("Ann"))
        ann.send([verdict(image.id, "good" if image.id % 4 else "bad") for image in ann.next(40)])
        server.parts.keeper.tick()
        assert ann.send([])["progress"]["lesson"].startswith("75% of photos are good, give or take 1")


def test_by_folder_means_in_the_order_of_paths(workspace):
    with serving(workspace, order="folder") as server:
        ann = SwipeClient(server.link("Ann"))
        with server.sessions() as session:
            path_of = dict(session.execute(sa.select(File.image_id, File.path)).all())
        seen = []
        for _ in range(4):
            images = ann.next(5)
            seen += sorted(path_of[image.id] for image in images)
            ann.send([verdict(image.id, "good") for image in images])
    assert seen == sorted(path_of.values())[:20]


def test_kinds_of_pictures_take_turns():
    assert spread_kinds([1, 2, 3, 4, 5], [0.0, 0.1, 0.2, 0.3, 0.4], [7, 7, 7, 8, 9]) == [1, 4, 5, 2, 3]


def test_agreement_counts_pairs_repeats_and_gold(workspace):
    with serving(workspace, opinions=2) as server:
        ann, bob = (SwipeClient(server.link(name)) for name in ("Ann", "Bob"))
        ann.send([verdict(i, "good" if i <= 20 else "bad") for i in range(1, 41)])
        bob.send([verdict(i, "good" if i <= 24 else "bad") for i in range(1, 41)])
        ruth = SwipeClient(server.link("Ruth", "reviewer"))
        assert [image["votes"] for image in ruth.call("/api/contested")["images"]] == [
            {"Ann": "bad", "Bob": "good"}
        ] * 4
        settled = {"uuid": verdict(21, "bad").uuid, "image": 21, "verdict": "bad", "how": "button"}
        ruth.call("/api/settle", {"verdicts": [settled]})
        assert len(ruth.call("/api/contested")["images"]) == 3
    found = agreement(workspace)
    [pair] = [one for one in found.pairs if {one.first, one.second} == {"Ann", "Bob"}]
    assert pair.kappa.images == 40
    assert pair.kappa.value == pytest.approx(0.8)
    assert (found.images, found.judged_twice, found.contested) == (40, 40, 3)
    assert found.opinions == {2: 40}
    assert 0 < found.expected_wrong < 0.1
    assert "2.0 opinions a photo" in found.text()
    assert "kappa 0.80" in found.text()
