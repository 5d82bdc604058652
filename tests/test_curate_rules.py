"""Rules: what they are made from, how they are kept, and the reasons that they give."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curate.checks import Facts, check
from curate.config import FilterOptions
from curate.errors import UsageProblem
from curate.numbers import numbers
from curate.rules import DRAWN, POLICIES, SHORT_CUTS, Rule, in_order, rules_from_json, rules_of


def test_every_short_cut_is_about_a_measure_that_there_is() -> None:
    assert {name.split("_", 1)[1] for name in SHORT_CUTS} <= numbers().keys()
    assert in_order(Rule(name, 1.0) for name in SHORT_CUTS)


def test_a_misspelt_measure_is_named_with_the_nearest() -> None:
    with pytest.raises(UsageProblem, match="did you mean sharpness"):
        rules_of(FilterOptions(name="clean", minimum=("sharpnes=3",)))


@pytest.mark.parametrize(
    "rules",
    [
        {"minimum": ("sharpness=4",), "min_sharpness": 5.0},
        {"minimum": ("sharpness=4",), "maximum": ("sharpness=3",)},
    ],
)
def test_rules_that_contradict_each_other_are_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(UsageProblem, match="sharpness"):
        rules_of(FilterOptions(name="clean", **rules))


@pytest.mark.parametrize("text", ["sharpness", "=4", "sharpness=", "sharpness=x", "sharpness=nan", "sharpness=inf"])
def test_a_limit_needs_a_name_and_a_number(text: str) -> None:
    with pytest.raises(ValueError, match="NAME=VALUE"):
        FilterOptions(name="clean", minimum=(text,))


@pytest.mark.parametrize("name", ["", "../x", "a b", ".hidden", "x" * 81])
def test_a_name_is_plain(name: str) -> None:
    with pytest.raises(ValueError, match="name"):
        FilterOptions(name=name)


def test_a_rule_says_whole_numbers_to_the_last_digit() -> None:
    rules = rules_of(FilterOptions(name="clean", limit=1_234_567, seed=7_654_321, max_per_pose=2, min_sharpness=4.5))
    assert [rule.text() for rule in rules] == [
        "min_sharpness 4.5", "max_per_pose 2, degrees 10", "limit 1234567, seed 7654321",
    ]  # fmt: skip


finite = st.floats(allow_nan=False, allow_infinity=False)
counts = st.integers(1, 2**53)
draws = st.fixed_dictionaries({"count": counts, "seed": st.integers(-(2**53), 2**53)})
quotas = st.fixed_dictionaries({"count": counts, "degrees": st.floats(1, 90)})
text = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), min_size=1)
words = st.lists(text, min_size=1)
limits = st.builds(Rule, st.sampled_from([f"{end}_{name}" for name in numbers() for end in ("min", "max")]), finite)
others = st.one_of(
    st.builds(Rule, st.just("under"), text),
    st.builds(Rule, st.just("folder"), words),
    st.builds(Rule, st.just("labels"), st.lists(st.sampled_from(POLICIES), min_size=1, unique=True)),
    st.builds(Rule, st.sampled_from(["one_face", "no_duplicates"]), st.just(True)),
    st.builds(Rule, st.sampled_from(DRAWN), draws),
    st.builds(Rule, st.just("max_per_person"), counts),
    st.builds(Rule, st.just("max_per_pose"), quotas),
)
anything = st.recursive(st.none() | st.booleans() | st.floats() | st.text(), lambda inner: st.lists(inner, max_size=3))


@given(st.lists(limits | others, unique_by=lambda rule: rule.name.replace("max_", "min_")), st.randoms())
def test_rules_come_back_from_json_in_one_order_however_they_were_given(rules: list[Rule], chance: Any) -> None:
    ordered = in_order(rules)
    chance.shuffle(rules)

    assert in_order(rules) == ordered
    assert rules_from_json(json.loads(json.dumps([rule.as_json() for rule in ordered]))) == ordered
    assert all(rule.text() for rule in ordered)


@given(st.lists(st.fixed_dictionaries({"rule": st.text() | st.sampled_from(["limit", "labels", "max_yaw", "under"])},
                                      optional={"value": anything | draws, "more": anything})) | anything)  # fmt: skip
def test_what_is_no_rule_is_refused_in_words(content: Any) -> None:
    try:
        rules = rules_from_json(content)
    except UsageProblem as error:
        assert str(error)  # noqa: PT017 - both outcomes are right
    else:
        assert [rule.as_json() for rule in rules] == in_order_of(content, rules)


def in_order_of(content: list[dict[str, Any]], rules: list[Rule]) -> list[dict[str, Any]]:
    return sorted(content, key=lambda item: [rule.name for rule in rules].index(item["rule"]))


@given(finite, finite, st.booleans(), st.sampled_from(["sharpness", "yaw"]))
def test_a_reason_shows_two_numbers_that_really_differ_so(value: float, limit: float, lower: bool, name: str) -> None:
    reason = check(Rule(f"{'min' if lower else 'max'}_{name}", limit))(Facts(1, "", {name: value}))

    size = abs(value) if name == "yaw" else value
    assert (reason is None) == (size >= limit if lower else size <= limit)
    if reason is not None:
        _, shown, sign, bound = reason.split(" ")
        shown_size = abs(float(shown)) if name == "yaw" else float(shown)
        assert float(bound.removeprefix("±")) == limit
        assert shown_size < limit if sign in ("<", "within") else shown_size > limit
