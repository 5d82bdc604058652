"""How much is fuzzed, and what strangers' data looks like."""

from __future__ import annotations

import json
import os
from typing import Any

from fault_kit import FULL
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

INPUTS = int(os.environ.get("SWIPEGAN_FUZZ", "100000"))  # of each kind, by `make faults`


def fuzzing(small: int) -> settings:
    """So many inputs in the suite, many more by `make faults`."""
    return settings(
        max_examples=INPUTS if FULL else small,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


def tried(small: int) -> int:
    """How many that were."""
    return INPUTS if FULL else small


Text = st.text(st.characters(exclude_categories=()), max_size=12)  # halves of surrogate pairs too
Numbers = st.integers() | st.integers(-3, 3) | st.floats() | st.sampled_from([2**31, 2**53, 2**63, 10**400, -1])
Json = st.recursive(
    st.none() | st.booleans() | Numbers | Text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(Text, inner, max_size=4),
    max_leaves=8,
)
Cuts = st.tuples(
    st.floats(0, 1), st.floats(0, 1), st.sampled_from(["flip", "cut", "drop", "double", "write"]), st.binary(max_size=8)
)


def spoiled(data: bytes, changes: list[tuple[float, float, str, bytes]], head: int | None = None) -> bytes:
    """Bytes of a file after a few accidents; head: only among its first bytes."""
    for start, end, how, new in changes:
        reach = min(len(data), head or len(data))
        low = int(start * reach)
        high = min(len(data), low + 1 + int(end * min(64, reach)))
        if how == "flip":
            data = data[:low] + bytes(255 - one for one in data[low:high]) + data[high:]
        elif how == "cut":
            data = data[:low]
        elif how == "drop":
            data = data[:low] + data[high:]
        elif how == "double":
            data = data[:high] + data[low:]
        else:
            data = data[:low] + new + data[low + len(new) :]
    return data


def changed(content: Any, way: list[int], value: Any) -> Any:
    """JSON content with one value, at the end of a way through it, replaced by another."""
    if not way or not isinstance(content, dict | list) or not content:
        return value
    names = list(content) if isinstance(content, dict) else list(range(len(content)))
    name = names[way[0] % len(names)]
    copy = dict(content) if isinstance(content, dict) else list(content)
    if value is None and len(way) == 1 and isinstance(copy, dict):
        del copy[name]
    else:
        copy[name] = changed(content[name], way[1:], value)
    return copy


def dumped(content: Any) -> bytes:
    """As JSON, with NaN and whole numbers of any length, as Python writes them."""
    import sys

    sys.set_int_max_str_digits(0)
    return json.dumps(content).encode("utf-8", "surrogatepass")
