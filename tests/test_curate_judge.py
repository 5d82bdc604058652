"""`judge`: from labels in a database to scores, reasons, an order of labeling and a promise."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa
from click.testing import CliRunner
from selection_fixtures import Pile

from cli.main import swipegan
from curate import judge
from curate.agreement import Skill
from curate.config import FilterOptions, JudgeOptions
from curate.errors import UserError
from curate.filters import FilterSummary
from curate.filters import run as run_filter
from curate.judge_labels import is_audited, weigh
from curate.models import Label, Labeler, Model, Prediction
from curate.quality import TooFewLabels
from curate.store_quality import Opinions, opinions

QUICK = JudgeOptions(trees=20)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 120 images of which the sharp ones are good, 80 labeled, half of those drawn at random."""
    pile = Pile(tmp_path_factory.mktemp("template"))
    rng = np.random.default_rng(0)
    for number in range(120):
        sharp = float(rng.normal(10, 5))
        image = pile.image(measures={"sharpness": sharp, "noise": float(rng.normal())})
        if number < 80:
            verdict = "good" if sharp + rng.normal() > 10 else "bad"
            pile.label(image, "Ann", verdict, purpose="random" if number % 2 else "queue")
    with closing(sqlite3.connect(pile.workspace.root / "swipegan.db")) as database:
        database.execute("vacuum into ?", [str(pile.workspace.root / "copy.db")])
    return pile.workspace.root / "copy.db"


@pytest.fixture
def pile(template: Path, tmp_path: Path) -> Pile:
    """A workspace with the template's images and labels."""
    shutil.copy(template, tmp_path / "swipegan.db")
    return Pile(tmp_path, first=121, people={"Ann": 1})


def qualities(pile: Pile) -> dict[int, float]:
    with pile.sessions() as session:
        return dict(session.execute(sa.select(Prediction.image_id, Prediction.quality)).all())


def test_every_image_gets_a_quality_and_its_largest_reason(pile: Pile) -> None:
    summary = judge.run(pile.workspace, QUICK)

    with pile.sessions() as session:
        predictions = session.scalars(sa.select(Prediction)).all()
        sharpness: dict[int, float] = dict(session.execute(sa.text("select image_id, sharpness from measures")).all())
    assert len(predictions) == summary.images == 120
    assert {prediction.model_id for prediction in predictions} == {summary.model}
    clear = [each for each in predictions if abs(sharpness[each.image_id] - 10) > 4]
    assert all((each.quality > 0.5) == (sharpness[each.image_id] > 10) for each in clear)
    assert all(each.reasons[0][0] == "sharpness" for each in clear)
    assert summary.auc > 0.9
    assert next(iter(summary.reasons)) == "sharpness"


def test_the_audited_images_are_kept_from_the_model(pile: Pile) -> None:
    summary = judge.run(pile.workspace, QUICK)

    drawn = range(2, 81, 2)
    assert summary.audit == sum(is_audited(image) for image in drawn) > 10
    assert summary.labels == 80 - summary.audit
    assert summary.promise.audited <= summary.audit


def test_what_audits_a_model_never_changes_it(pile: Pile) -> None:
    judge.run(pile.workspace, QUICK)
    before = qualities(pile)
    for image in range(2, 81, 2):
        if is_audited(image):
            pile.label(image, "Ann", "bad")  # a change of mind on the audit's images only

    judge.run(pile.workspace, QUICK)

    assert qualities(pile) == before


def test_a_kept_model_scores_alike_though_labels_came_in_and_were_taken_back(pile: Pile) -> None:
    first = judge.run(pile.workspace, QUICK)
    before = qualities(pile)
    for image in range(81, 111):
        pile.label(image, "Bo", "bad", purpose="random")
    pile.label(1, "Ann", "undo", undoes=_event(pile, 1))
    new = pile.image(measures={"sharpness": 25.0, "noise": 0.0})

    kept = judge.run(pile.workspace, JudgeOptions(keep=True))

    after = qualities(pile)
    assert after.pop(new) > 0.5
    assert after == before
    assert (kept.model, kept.threshold, kept.labels) == (first.model, first.threshold, first.labels)
    assert kept.audit > first.audit


def test_a_kept_model_remembers_how_far_people_were_to_be_believed(pile: Pile) -> None:
    judge.run(pile.workspace, QUICK)
    before = qualities(pile)
    with pile.sessions.begin() as session:
        session.execute(sa.update(Labeler).values(sensitivity=0.55, specificity=0.55))

    judge.run(pile.workspace, JudgeOptions(keep=True))

    assert qualities(pile) == before


def test_the_threshold_makes_the_selection_that_was_told(pile: Pile) -> None:
    summary = judge.run(pile.workspace, QUICK)
    made = run_filter(pile.workspace, FilterOptions(name="fine", min_quality=summary.threshold))
    assert isinstance(made, FilterSummary)
    assert made.kept == summary.kept


def test_judge_without_labels_says_what_to_do(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    pile.image()
    with pytest.raises(TooFewLabels, match="0 good and 0 bad labels are too few: 10 of each at least; swipe"):
        judge.run(pile.workspace, QUICK)
    with pytest.raises(UserError, match="no model to keep"):
        judge.run(pile.workspace, JudgeOptions(keep=True))


def test_a_failed_judge_leaves_the_last_model_in_place(pile: Pile) -> None:
    judge.run(pile.workspace, QUICK)
    with pile.sessions.begin() as session:
        session.execute(sa.delete(Label).where(Label.verdict == "bad"))
    with pytest.raises(TooFewLabels):
        judge.run(pile.workspace, QUICK)
    with pile.sessions() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Model)) == 1
    assert len(qualities(pile)) == 120


def test_opinions_are_those_of_the_time_that_is_asked_about(tmp_path: Path) -> None:
    pile = Pile(tmp_path)
    image = pile.image()
    event = pile.label(image, "Ann", "good", purpose="random")
    pile.label(image, "Ann", "bad")
    pile.label(image, "Bo", "skip")
    with pile.sessions() as session:
        assert opinions(session, up_to=1) == ([Opinions(image, 1, True, True)], 1)
        assert opinions(session) == ([Opinions(image, 1, False, True)], 3)
    pile.label(image, "Ann", "undo", undoes=event)
    with pile.sessions() as session:
        assert opinions(session, up_to=2)[0] == [Opinions(image, 1, False, True)]


def test_votes_weigh_as_much_as_their_person_is_reliable() -> None:
    sure, careless = Skill(0.95, 0.95), Skill(0.6, 0.6)
    said = [Opinions(1, 1, True, False), Opinions(1, 2, False, False), Opinions(1, 3, False, False)]

    judged = weigh(said, {1: sure, 2: careless, 3: careless})[1]

    assert judged.good
    assert judged.weight < weigh(said[:1], {1: sure})[1].weight


def test_an_even_split_teaches_nothing() -> None:
    assert weigh([Opinions(1, 1, True, False), Opinions(1, 2, False, False)], {}) == {}


def test_a_steady_share_of_random_images_is_audited() -> None:
    assert sum(is_audited(image) for image in range(1, 10_001)) / 10_000 == pytest.approx(0.5, abs=0.02)


def test_the_command_prints_json_for_programs_and_words_for_people(pile: Pile) -> None:
    arguments = ["--workspace", str(pile.workspace.root), "judge", "--trees", "20"]

    words = CliRunner().invoke(swipegan, arguments)
    numbers = json.loads(CliRunner().invoke(swipegan, [*arguments, "--json"]).stdout)

    assert "min-quality" in words.stdout
    assert numbers["images"] == 120
    assert numbers["promise"]["goal"] == 0.95


def _event(pile: Pile, image: int) -> str:
    with pile.sessions() as session:
        return session.scalars(sa.select(Label.uuid).where(Label.image_id == image)).one()
