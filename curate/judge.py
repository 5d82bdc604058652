"""`judge`: learn quality from the labels, score every image, say how sure and what more swipes would bring."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import sklearn
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from curate import store_quality as store
from curate.agreement import Skill
from curate.config import JudgeOptions
from curate.errors import UserError
from curate.judge_labels import Judged, weigh
from curate.judge_scores import main_reasons, score_all
from curate.lean import ToneShare, told, tone_shares
from curate.models import Model
from curate.promise import Promise, promise
from curate.quality import Quality, Recipe, fit
from curate.store_labels import skills
from curate.workspace import Workspace

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class JudgeSummary:
    """What was learned.

    auc: of held-out labels, 0.5 (nothing) to 1. kept: images at or over the threshold. recall: share of the good that
    is kept, estimated. expected: share of good ones among the kept, as the model believes. promise: of this model and
    threshold alone; after learning anew it starts anew, with the labels of the audit so far. tones: of the images that
    are labeled good how many of each class of skin tone are kept, each scored by trees that had not seen it.
    """

    model: int
    learned_anew: bool
    labels: int
    good: int
    bad: int
    audit: int
    auc: float
    threshold: float
    images: int
    kept: int
    expected: float
    recall: float
    promise: Promise
    reasons: dict[str, float]  # measure -> share of what moves the scores
    tones: tuple[ToneShare, ...] = ()

    def text(self) -> str:
        """The state, for people."""
        top = ", ".join(f"{name} {share:.0%}" for name, share in self.reasons.items())
        lines = [
            f"Model {self.model} {'learned' if self.learned_anew else 'has learned'} from {self.labels:,} labels "
            f"({self.good:,} good, {self.bad:,} bad); {self.audit:,} more are kept for the audit.",
            f"Of a good and a bad label held out from it, it ranks the good one higher in {self.auc:.1%} of pairs.",
            f"At quality {self.threshold:.2f} and over: {self.kept:,} of {self.images:,} images, "
            f"about {self.expected:.0%} of them good, {self.recall:.0%} of all good ones.",
            *([f"What moves the scores: {top}."] if top else []),
            f"Promise: {self.promise.text()}.",
        ]
        if not self.audit:
            lines.append("The audit takes every second image that `swipegan swipe` draws at random; none was labeled.")
        if (lean := told(self.tones)) is not None:
            lines.append(lean)
        return "\n".join([*lines, f"`swipegan filter NAME --min-quality {self.threshold:g}` makes the selection."])


@dataclass(frozen=True)
class Labels:
    """The labeled images: what the model learns from, and what audits it; (N, measures) and (N,).

    tones, audit_tones: skin tone in degrees, NaN where not known; nothing is learned from it.
    """

    values: Floats
    good: Bools
    weights: Floats
    audit_values: Floats
    audit_good: Bools
    tones: Floats
    audit_tones: Floats
    last_seq: int


def run(workspace: Workspace, options: JudgeOptions) -> JudgeSummary:
    """Learn (or with --keep take the newest model), score, and store both; swiping may go on meanwhile.

    The promise holds for one model and its threshold, at all times and however often one looks: what it learned from
    and what audits it are different images. Each model that is learned anew makes a promise of its own; over many
    models the chance that one of them was wrong adds up. Who wants one promise over all looks keeps the model (--keep)
    while the audit grows. It is about images as the random draw meets them: those that were not labeled for another
    reason.

    Raises:
        UserError: no database, no model to keep, or too few labels (`TooFewLabels`).
    """
    if not workspace.has_database():
        raise UserError("there is no database here yet; `swipegan scan FOLDER` makes one, `swipegan swipe` labels")
    sessions = workspace.open()
    number, model, note, seen = _kept(sessions) if options.keep else _learned(sessions, options)
    threshold = float(note["threshold"])
    scores, moved = score_all(sessions, model, number)
    kept = scores >= threshold
    passed = model.score(seen.audit_values) >= threshold if len(seen.audit_good) else np.zeros(0, bool)
    return JudgeSummary(
        model=number,
        learned_anew=not options.keep,
        labels=len(seen.good),
        good=int(seen.good.sum()),
        bad=int((~seen.good).sum()),
        audit=len(seen.audit_good),
        auc=auc(model.held_out, seen.good),
        threshold=threshold,
        images=len(scores),
        kept=int(kept.sum()),
        expected=float(scores[kept].mean()) if kept.any() else 0.0,
        recall=float(scores[kept].sum() / scores.sum()) if len(scores) else 0.0,
        promise=promise(int(seen.audit_good[passed].sum()), int(passed.sum()), float(note["precision"])),
        reasons=main_reasons(moved),
        tones=_tones(seen, model.held_out >= threshold, passed),
    )


def _tones(seen: Labels, kept: Bools, passed: Bools) -> tuple[ToneShare, ...]:
    """What is kept of all images that are labeled good, by skin tone; kept, passed: of the learned and the audited."""
    tones = np.concatenate([seen.tones[seen.good], seen.audit_tones[seen.audit_good]])
    return tone_shares(tones, np.concatenate([kept[seen.good], passed[seen.audit_good]]))


def _learned(sessions: sessionmaker[Session], options: JudgeOptions) -> tuple[int, Quality, dict[str, Any], Labels]:
    names = store.feature_names()
    with sessions() as session:
        session.connection(execution_options={"swipegan_read_only": True})
        known = skills(session)
        seen = labels_of(session, names, known)
    model = fit(seen.values, seen.good, seen.weights, Recipe(tuple(names), trees=options.trees, seed=options.seed))
    note = {
        **asdict(model.recipe),
        "precision": options.precision,
        "threshold": choose_threshold(model.held_out, seen.good, options.precision),
        "skills": {str(person): list(skill) for person, skill in sorted(known.items())},
        "scikit-learn": sklearn.__version__,
    }
    with sessions.begin() as session:
        number = store.add_model(session, note, len(seen.good), seen.last_seq).id
    return number, model, note, seen


def _kept(sessions: sessionmaker[Session]) -> tuple[int, Quality, dict[str, Any], Labels]:
    with sessions() as session:
        session.connection(execution_options={"swipegan_read_only": True})
        row = store.newest_model(session)
        if row is None:
            raise UserError("there is no model to keep yet; `swipegan judge` without --keep learns one")
        model, then = refit(session, row)
        now = labels_of(session, list(model.recipe.names), _skills_of(row))
        seen = replace(
            then, **{name: getattr(now, name) for name in ("audit_values", "audit_good", "audit_tones", "last_seq")}
        )
        return row.id, model, row.recipe, seen


def refit(session: Session, row: Model) -> tuple[Quality, Labels]:
    """The model of a row of the table, fitted again from its recipe and the labels that it had learned from.

    Its scores are the same to the last bit as long as the measures, the labels up to its last and scikit-learn are.
    """
    stored = row.recipe
    recipe = Recipe(tuple(stored["names"]), stored["trees"], stored["leaf"], stored["seed"], stored["kind"])
    seen = labels_of(session, list(recipe.names), _skills_of(row), row.last_seq)
    return fit(seen.values, seen.good, seen.weights, recipe), seen


def _skills_of(row: Model) -> dict[int, Skill]:
    return {int(person): Skill(*skill) for person, skill in row.recipe["skills"].items()}


def labels_of(session: Session, names: list[str], known: dict[int, Skill], up_to: int | None = None) -> Labels:
    """The labeled images, as they were when event `up_to` was the last."""
    said, last_seq = store.opinions(session, up_to)
    judged = weigh(said, known)
    learned = {image: each for image, each in judged.items() if not each.audit}
    audited = {image: each for image, each in judged.items() if each.audit}
    return Labels(
        store.values_of(session, list(learned), names),
        _verdicts(learned),
        np.array([each.weight for each in learned.values()]),
        store.values_of(session, list(audited), names),
        _verdicts(audited),
        store.values_of(session, list(learned), ["skin_tone"])[:, 0],
        store.values_of(session, list(audited), ["skin_tone"])[:, 0],
        last_seq,
    )


def _verdicts(judged: dict[int, Judged]) -> Bools:
    return np.array([each.good for each in judged.values()], bool)


def choose_threshold(scores: Floats, good: Bools, precision: float) -> float:
    """The lowest score from which held-out labels are good as often as asked; the highest score if none is."""
    order = np.argsort(-scores, kind="stable")
    precise = np.cumsum(good[order]) / np.arange(1, len(good) + 1) >= precision
    last = np.flatnonzero(precise)
    return float(np.floor(scores[order][last[-1] if len(last) else 0] * 1e4) / 1e4)


def auc(scores: Floats, good: Bools) -> float:
    """The share of pairs of a good and a bad image in which the good one has the higher score."""
    from sklearn.metrics import roc_auc_score

    return float(roc_auc_score(good, scores))
