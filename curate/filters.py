"""`swipegan filter`: rules make a named selection, with a reason for each image left out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate import store_selections as store
from curate.checks import Facts, check, known, present
from curate.config import FilterOptions
from curate.errors import UsageProblem
from curate.models import Selection
from curate.preview import PreviewSummary, check_file, draw
from curate.progress import Meter
from curate.rules import MISSING, Rule, needed, rules_from_json, rules_of
from curate.store_groups import apply_to_groups
from curate.store_sets import newest_selection
from curate.suggest import SuggestSummary, suggest
from curate.workspace import NothingScanned, Workspace


@dataclass(frozen=True)
class Step:
    """A rule, how many images it left out of those before it, and how many it left in."""

    rule: str
    removed: int
    left: int


@dataclass(frozen=True)
class FilterSummary:
    """A selection that was made, or found to be as it was."""

    name: str
    version: int
    is_new: bool
    images: int
    kept: int
    left_out: int
    steps: list[Step]
    digest: str

    def text(self) -> str:
        """A table of the rules and what each removed."""
        width = max(len(step.rule) for step in self.steps)
        lines = [f"{'':{width}}  {'left out':>10}  {'left':>10}", f"{'known':{width}}  {'':>10}  {self.images:>10,}"]
        lines += [f"{step.rule:{width}}  {step.removed:>10,}  {step.left:>10,}" for step in self.steps]
        state = "made" if self.is_new else "unchanged: the same rules give the same images"
        share = f" ({self.kept / self.images:.0%})" if self.images else ""
        head = f"Selection {self.name}, version {self.version}, {state}."
        return "\n".join([head, "", *lines, "", f"{self.kept:,} of {self.images:,} images kept{share}. {self._next()}"])

    def _next(self) -> str:
        if self.kept == 0:
            return f"Nothing is left; `swipegan filter {self.name} ... --explain IMAGE` says why."
        return f"`swipegan guides {self.name}` makes a set of them."


@dataclass(frozen=True)
class Opinion:
    """What one rule thinks of one image; passes is None where the rule was not reached."""

    rule: str
    passes: bool | None
    finding: str


@dataclass(frozen=True)
class Explanation:
    """What each rule thinks of one image."""

    image: int
    sha256: str
    paths: list[str]
    kept: bool
    opinions: list[Opinion]

    def text(self) -> str:
        """A line per rule."""
        width = max(len(opinion.rule) for opinion in self.opinions)
        marks = {True: "in ", False: "OUT", None: " - "}
        lines = [f"  {marks[o.passes]}  {o.rule:{width}}  {o.finding}".rstrip() for o in self.opinions]
        where = self.paths[0] if self.paths else "no file"
        return "\n".join(
            [f"Image {self.image}, {where} ({self.sha256[:12]}): {'kept' if self.kept else 'left out'}.", *lines]
        )


def run(workspace: Workspace, options: FilterOptions) -> FilterSummary | Explanation | PreviewSummary | SuggestSummary:
    """Make a selection; or explain one image, draw a preview, suggest limits."""
    engine = workspace.scanned().kw["bind"]
    with engine.connect() as connection:
        with reading(connection) as session:
            if options.suggest:
                return suggest(session, options.name)
            rules = chosen_rules(session, options)
            if options.explain is not None:
                return explain(session, rules, options.explain)
            if options.preview is not None:
                check_file(options.preview)
            decide(session, rules)
            if options.preview is not None:
                return draw(session, rules, store.removed(session), options.preview, workspace.cache)
            digest = store.digest(session)
        with Session(connection) as session, session.begin():
            return keep(session, options.name, rules, digest)


@contextmanager
def reading(connection: sa.Connection) -> Iterator[Session]:
    """A transaction that does not keep others from writing; temporary tables may be written to."""
    connection.execution_options(swipegan_read_only=True)
    with Session(connection) as session, session.begin():
        yield session
    connection.execution_options(swipegan_read_only=False)


def chosen_rules(session: Session, options: FilterOptions) -> list[Rule]:
    """The rules of the options; with `--again`, and to look without rules, those of the newest version."""
    rules = rules_of(options)
    if options.again and rules:
        raise UsageProblem("--again takes the rules of the newest version: give no others beside it")
    if options.again:
        return rules_from_json(newest_selection(session, options.name).rule)
    looks = options.explain is not None or options.preview is not None
    saved = store.newest(session, options.name) if looks and not rules else None
    return rules if saved is None else rules_from_json(saved.rule)


def decide(session: Session, rules: list[Rule]) -> None:
    """Build the outcome: every image with the first rule that leaves it out."""
    total = store.count_images(session)
    if not total:
        raise NothingScanned("no image is known yet; `swipegan scan FOLDER` finds them")
    alone = [rule for rule in rules if not rule.of_groups]
    checks = [(MISSING, present), *((rule.name, check(rule)) for rule in alone)]
    store.start_outcome(session)
    with Meter("filter", total) as meter:
        for images in store.facts(session, needed(alone), verdicts=_look_at_labels(alone)):
            judged: list[tuple[Facts, str | None, str | None]] = []
            for image in images:
                found = ((name, reason) for name, judge in checks if (reason := judge(image)) is not None)
                judged.append((image, *next(found, (None, None))))
            store.add_outcomes(session, judged, rules)
            meter.advance(len(images))
    for rule in rules:
        if rule.of_groups:
            apply_to_groups(session, rule)


def keep(session: Session, name: str, rules: list[Rule], digest: str) -> FilterSummary:
    """Store the outcome as the next version, unless the newest says just the same."""
    counts = store.removed(session)
    kept, images = counts.get(None, 0), sum(counts.values())
    written = [rule.as_json() for rule in rules]
    selection = store.newest(session, name)
    same = (
        selection is not None
        and (selection.rule, selection.digest) == (written, digest)
        and store.is_outcome(session, selection)
    )
    if selection is None or not same:
        version = 1 if selection is None else selection.version + 1
        selection = Selection(
            name=name, version=version, rule=written, kept=kept, left_out=images - kept, digest=digest
        )
        store.save_outcome(session, selection)
    return FilterSummary(
        name=name,
        version=selection.version,
        is_new=not same,
        images=images,
        kept=kept,
        left_out=images - kept,
        steps=_steps(counts, images, rules),
        digest=digest,
    )


def explain(session: Session, rules: list[Rule], text: str) -> Explanation:
    """Ask every rule about one image, also those behind the first that leaves it out."""
    image_id = store.find_image(session, text)
    alone = [rule for rule in rules if not rule.of_groups]
    image = next(store.facts(session, needed(alone), verdicts=_look_at_labels(alone), only=image_id))[0]
    missing = present(image)
    opinions = [Opinion("files", missing is None, missing or f"{len(image.paths)} there")]
    opinions += [_opinion(rule, image) for rule in alone]
    if any(not opinion.passes for opinion in opinions):
        opinions += [Opinion(rule.text(), None, "was left out before") for rule in rules if rule.of_groups]
    elif len(alone) < len(rules):
        decide(session, rules)
        opinions += _of_groups(rules, *store.outcome_of(session, image_id))
    kept = all(opinion.passes for opinion in opinions)
    return Explanation(image_id, image.sha256, image.paths, kept, opinions)


def _look_at_labels(rules: list[Rule]) -> bool:
    return any(rule.name == "labels" for rule in rules)


def _opinion(rule: Rule, image: Facts) -> Opinion:
    reason = check(rule)(image)
    return Opinion(rule.text(), reason is None, reason or known(rule, image))


def _of_groups(rules: list[Rule], culprit: str | None, reason: str | None) -> list[Opinion]:
    """Rules of groups see only images that are still in, so those behind the culprit have no opinion."""
    opinions, reached = [], True
    for rule in rules:
        if rule.of_groups and rule.name == culprit:
            opinions.append(Opinion(rule.text(), False, reason or ""))
            reached = False
        elif rule.of_groups:
            opinions.append(Opinion(rule.text(), reached or None, "" if reached else "was left out before"))
    return opinions


def _steps(counts: dict[str | None, int], images: int, rules: list[Rule]) -> list[Step]:
    steps, left = [], images
    for name, text in ((MISSING, "files are missing"), *((rule.name, rule.text()) for rule in rules)):
        left -= counts.get(name, 0)
        steps.append(Step(text, counts.get(name, 0), left))
    return steps
