"""`swipegan swipe agreement`: how far the people who label agree, each with themselves, and with settled photos."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import combinations

from curate import store_labels
from curate.agreement import Kappa, Skill, cohen_kappa, consensus_of, wilson
from curate.workspace import Workspace

AGAIN = 3  # images that two people must share before their kappa is told


@dataclass(frozen=True)
class Person:
    """What is known of one person: counts, and shares with the ends of their 95 % intervals.

    confusion: settled verdict -> said -> how often, on gold images. hasty: verdicts in under 150 ms.
    """

    name: str
    good: int
    bad: int
    sensitivity: float | None
    specificity: float | None
    repeats: int
    consistent: tuple[float, float, float] | None
    gold: int
    right: tuple[float, float, float] | None
    confusion: dict[str, dict[str, int]]
    hasty: int = 0

    def text(self) -> str:
        """A line or two."""
        lines = [f"{self.name}: {self.good} good, {self.bad} bad"]
        if self.sensitivity is not None and self.specificity is not None:
            lines.append(f"  sees a good photo {self.sensitivity:.0%} of the time, a bad one {self.specificity:.0%}")
        if self.consistent:
            lines.append(f"  {self.repeats} hidden repeats, the same verdict on {_share(self.consistent)}")
        if self.right:
            told = ", ".join(f"{t} called {s}: {n}" for t, row in self.confusion.items() for s, n in row.items())
            lines.append(f"  {self.gold} gold photos, right on {_share(self.right)} ({told})")
        if self.hasty:
            lines.append(f"  {self.hasty} verdicts in under 150 ms: faster than anybody looks")
        return "\n".join(lines)


@dataclass(frozen=True)
class Pair:
    """Two people's agreement beyond chance on the images that both judged blind."""

    first: str
    second: str
    kappa: Kappa


@dataclass(frozen=True)
class Agreement:
    """All people, all pairs, and what Dawid and Skene's model makes of it.

    opinions: number of opinions -> photos that have so many, which is what the verdicts cost. expected_wrong: share of
    the photos on which the common verdict is wrong, as the model believes, which is what stopping early costs.
    """

    people: list[Person]
    pairs: list[Pair]
    images: int
    judged_twice: int
    contested: int
    surely_good: int
    surely_bad: int
    unsure: int
    opinions: dict[int, int]
    expected_wrong: float

    def text(self) -> str:
        """For people."""
        lines = [person.text() for person in self.people]
        for pair in self.pairs:
            k = pair.kappa
            lines.append(
                f"{pair.first} and {pair.second}: kappa {k.value:.2f} ({k.low:.2f} to {k.high:.2f}), {k.images} photos"
            )
        lines.append(
            f"{self.images} photos judged, {self.judged_twice} by several people, {self.contested} contested; "
            f"together they are sure (99 %) of {self.surely_good} good and {self.surely_bad} bad, not of {self.unsure}."
        )
        if self.judged_twice:
            count = sum(number * photos for number, photos in self.opinions.items())
            lines.append(
                f"That took {count / self.images:.1f} opinions a photo, {max(self.opinions)} at most; "
                f"about {self.expected_wrong:.1%} of what they say together is wrong, as the model believes."
            )
        return "\n".join(lines)


def agreement(workspace: Workspace) -> Agreement:
    """Measure agreement over all labels of a workspace."""
    with workspace.open().begin() as session:
        people = {person.id: person.name for person in store_labels.labelers(session)}
        votes = store_labels.all_votes(session)
        repeats, gold = store_labels.repeated(session), store_labels.against_gold(session)
        hasty = store_labels.hasty(session)
        contested = len(store_labels.contested(session, limit=1_000_000))
    consensus, known = consensus_of(votes) if votes else (None, [])
    skills = dict(zip(known, consensus.skills, strict=True)) if consensus else {}
    by_person: dict[int, dict[int, str]] = defaultdict(dict)
    for image, person, verdict in votes:
        by_person[person][image] = verdict
    counted = Counter(Counter(image for image, _, _ in votes).values())
    several = sum(photos for number, photos in counted.items() if number > 1)
    good = consensus.good.tolist() if consensus else []
    return Agreement(
        people=[
            _person(
                name,
                by_person[one],
                skills.get(one) if several else None,
                _of(repeats, one),
                _of(gold, one),
                hasty.get(one, 0),
            )
            for one, name in people.items()
        ],
        pairs=_pairs(people, by_person),
        images=len(good),
        judged_twice=several,
        contested=contested,
        surely_good=sum(one >= 0.99 for one in good),
        surely_bad=sum(one <= 0.01 for one in good),
        unsure=sum(0.01 < one < 0.99 for one in good),
        opinions=dict(sorted(counted.items())),
        expected_wrong=sum(min(one, 1 - one) for one in good) / len(good) if good else 0.0,
    )


def _person(
    name: str,
    votes: dict[int, str],
    skill: Skill | None,
    repeats: list[tuple[str, str]],
    gold: list[tuple[str, str]],
    hasty: int,
) -> Person:
    said = list(votes.values())
    confusion: dict[str, dict[str, int]] = {}
    for truth, verdict in gold:
        row = confusion.setdefault(truth, {})
        row[verdict] = row.get(verdict, 0) + 1
    return Person(
        name=name,
        good=said.count("good"),
        bad=said.count("bad"),
        sensitivity=skill.sensitivity if skill else None,
        specificity=skill.specificity if skill else None,
        repeats=len(repeats),
        consistent=wilson(sum(one == other for one, other in repeats), len(repeats)) if repeats else None,
        gold=len(gold),
        right=wilson(sum(one == other for one, other in gold), len(gold)) if gold else None,
        confusion=confusion,
        hasty=hasty,
    )


def _pairs(people: dict[int, str], votes: dict[int, dict[int, str]]) -> list[Pair]:
    found = []
    for one, other in combinations(people, 2):
        shared = sorted(votes[one].keys() & votes[other].keys())
        if len(shared) >= AGAIN:
            kappa = cohen_kappa([votes[one][i] for i in shared], [votes[other][i] for i in shared])
            found.append(Pair(people[one], people[other], kappa))
    return found


def _of(rows: list[tuple[int, str, str]], person: int) -> list[tuple[str, str]]:
    return [(first, second) for one, first, second in rows if one == person]


def _share(found: tuple[float, float, float]) -> str:
    return f"{found[0]:.0%} ({found[1]:.0%} to {found[2]:.0%})"
