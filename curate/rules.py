"""Rules that keep or leave out an image: parsed, checked, put in order, written as JSON.

The order is fixed: files that are missing, place (under, folder), labels, one_face, limits of numbers (of the image,
its measures, its main face, its quality; lower before upper), then what depends on the images that are still in:
no_duplicates, max_per_person, max_per_pose, max_per_folder, limit.
"""

from __future__ import annotations

import difflib
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from curate.config import FilterOptions, name_and_number
from curate.errors import UsageProblem
from curate.names import as_text, stored_name
from curate.numbers import numbers

MISSING = "missing"  # not a rule that one gives: an image without a file is never kept
DEFECTS = (
    "blur", "motion_blur", "halftone", "jpeg", "upscaled", "grey", "drawing", "painting", "occlusion", "bad_exposure",
)  # fmt: skip
SHORT_CUTS = (
    "min_sharpness",
    "min_scale_ratio",
    "max_halftone_peak",
    *(f"max_{defect}" for defect in DEFECTS),
    "min_chroma",
    "min_face_size",
    "max_yaw",
    "max_pitch",
    "max_roll",
    "min_quality",
)
BEFORE = ("under", "folder", "labels", "one_face")
OF_GROUPS = ("no_duplicates", "max_per_person", "max_per_pose", "max_per_folder", "limit")
DRAWN = ("max_per_folder", "limit")
POLICIES = ("good", "not-bad", "labeled", "unlabeled")


@dataclass(frozen=True)
class Rule:
    """One rule: its name, such as min_sharpness, and its value as JSON holds it."""

    name: str
    value: Any

    @property
    def limits(self) -> tuple[bool, str] | None:
        """For a limit of a number: whether it is the lower one, and the number's name."""
        bound, _, name = self.name.partition("_")
        return (bound == "min", name) if bound in ("min", "max") and self.name not in OF_GROUPS else None

    @property
    def of_groups(self) -> bool:
        """Whether the rule depends on which other images are still in."""
        return self.name in OF_GROUPS

    @property
    def is_drawn(self) -> bool:
        """Whether the rule keeps some images by a draw."""
        return self.name in DRAWN

    def text(self) -> str:
        """The rule for people: min_sharpness 4."""
        words = value_words(self.value)
        return f"{self.name} {words}" if words else self.name

    def as_json(self) -> dict[str, Any]:
        """What a selection keeps of the rule."""
        return {"rule": self.name, "value": self.value}


def value_words(value: Any) -> str:
    """A rule's value for people, whole numbers to the last digit; nothing for a rule that has none."""
    if value is None or value is True:
        return ""
    if isinstance(value, dict):
        more = (f"{name} {value_words(part)}" for name, part in sorted(value.items()) if name != "count")
        return ", ".join([str(value.get("count", "")), *more])
    if isinstance(value, list):
        return " or ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def rules_of(options: FilterOptions) -> list[Rule]:
    """The rules that a command's options ask for, in the order of application.

    Raises:
        UsageProblem: a measure that does not exist, or two limits that contradict each other.
    """
    rules = [Rule(name, getattr(options, name)) for name in SHORT_CUTS if getattr(options, name) is not None]
    for bound, texts in (("min", options.minimum), ("max", options.maximum)):
        rules += [Rule(f"{bound}_{name}", value) for name, value in map(name_and_number, texts)]
    if options.under is not None:
        rules.append(Rule("under", stored_name(str(options.under.resolve()))))
    if options.folder:
        rules.append(Rule("folder", sorted(set(map(as_text, options.folder)))))
    if options.labels and "any" not in options.labels:
        rules.append(Rule("labels", sorted(set(options.labels))))
    if options.one_face:
        rules.append(Rule("one_face", True))
    if not options.duplicates:
        rules.append(Rule("no_duplicates", True))
    if options.max_per_person is not None:
        rules.append(Rule("max_per_person", options.max_per_person))
    if options.max_per_pose is not None:
        rules.append(Rule("max_per_pose", {"count": options.max_per_pose, "degrees": options.pose_degrees}))
    for name, count in (("max_per_folder", options.max_per_folder), ("limit", options.limit)):
        if count is not None:
            rules.append(Rule(name, {"count": count, "seed": options.seed}))
    return in_order(rules)


def in_order(rules: Iterable[Rule]) -> list[Rule]:
    """The rules in the fixed order, checked: known names, sensible values, each at most once.

    Raises:
        UsageProblem: says which rule is wrong and what there is instead.
    """
    ordered = sorted(rules, key=_place)
    for rule in ordered:
        if not _fits(rule, rule.value):
            raise UsageProblem(f"the rule {rule.name} cannot have the value {ascii(rule.value)[:80]}")
    for first, second in pairwise(ordered):
        if first.name == second.name:
            raise UsageProblem(f"two rules of one kind: {first.text()}, {second.text()}; give one")
    _refuse_contradictions({rule.name: rule.value for rule in ordered})
    return ordered


def rules_from_json(content: Any) -> list[Rule]:
    """The rules that `Rule.as_json` wrote.

    Raises:
        UsageProblem: it is no list of rules, or this version does not know one of them.
    """
    if not isinstance(content, list) or not all(_is_rule(item) for item in content):
        raise UsageProblem('a saved rule is a list of {"rule": name, "value": value}')
    return in_order(Rule(item["rule"], item["value"]) for item in content)


def needed(rules: Iterable[Rule]) -> list[str]:
    """The numbers that the rules look at."""
    rules = list(rules)
    names = {rule.limits[1] for rule in rules if rule.limits is not None}
    return sorted(names | {"faces"} if any(rule.name == "one_face" for rule in rules) else names)


def _is_rule(item: Any) -> bool:
    return isinstance(item, dict) and item.keys() == {"rule", "value"} and isinstance(item["rule"], str)


def _place(rule: Rule) -> tuple[int, int, bool]:
    if rule.name in BEFORE:
        return (0, BEFORE.index(rule.name), False)
    if rule.of_groups:
        return (2, OF_GROUPS.index(rule.name), False)
    if rule.limits is None:
        raise UsageProblem(f"there is no rule {ascii(rule.name)[:80]}")
    lower, name = rule.limits
    return (1, _index(name), not lower)


def _index(name: str) -> int:
    names = list(numbers())
    if name not in names:
        close = difflib.get_close_matches(name, names, 1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise UsageProblem(f"there is no measure {ascii(name)[:80]}{hint} (there are: {', '.join(names)})")
    return names.index(name)


def _fits(rule: Rule, value: Any) -> bool:
    if rule.limits is not None:
        return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= sys.float_info.max
    if rule.name in ("one_face", "no_duplicates"):
        return value is True
    if rule.name == "max_per_person":
        return _whole(value) and value > 0
    if rule.name == "max_per_pose":
        quota = isinstance(value, dict) and value.keys() == {"count", "degrees"}
        return quota and _quota(value["count"], value["degrees"])
    if rule.of_groups:
        draw = isinstance(value, dict) and value.keys() == {"count", "seed"}
        return draw and _whole(value["count"]) and value["count"] > 0 and _whole(value["seed"])
    if rule.name == "under":
        return _is_text(value)
    words = isinstance(value, list) and value != [] and all(map(_is_text, value))
    return words and (rule.name != "labels" or set(value) <= set(POLICIES))


def _quota(count: Any, degrees: Any) -> bool:
    angle = isinstance(degrees, int | float) and not isinstance(degrees, bool) and 0 < degrees <= 180
    return angle and _whole(count) and count > 0


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63


def _is_text(value: Any) -> bool:
    """Whether it is text that can be stored and shown: not empty, no half of a surrogate pair, no NUL."""
    return isinstance(value, str) and value != "" and re.search("[\0\ud800-\udfff]", value) is None


def _refuse_contradictions(values: dict[str, Any]) -> None:
    for name in numbers():
        low, high = values.get(f"min_{name}"), values.get(f"max_{name}")
        if low is not None and high is not None and low > high:
            raise UsageProblem(f"no image passes both min_{name} {low:g} and max_{name} {high:g}")
