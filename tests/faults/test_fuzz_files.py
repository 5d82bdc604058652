"""Files that are not what they should be are named as bad: pictures, sets, networks, saved rules. Nothing crashes."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fuzz_kit import Cuts, Json, Text, changed, dumped, fuzzing, spoiled, tried
from hypothesis import example, given
from hypothesis import strategies as st
from infer_runs import write_runs
from PIL import Image
from scan_fixtures import encoded, portrait
from set_fixtures import small_set

from curate.config import FilterOptions
from curate.errors import UserError
from curate.filters import chosen_rules
from curate.rules import rules_from_json, rules_of
from curate.scan_worker import Setup, examine
from curate.sets import INDEX, INFO, open_set

Record = Callable[[str, object], None]
Ways = st.lists(st.integers(0, 80), min_size=1, max_size=4)
NOTHING = Setup(known=np.empty(0, np.uint64))


@cache
def pictures() -> list[bytes]:
    """Small pictures of many kinds."""
    face = portrait(size=96)
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 6, "a portrait"
    kinds: list[tuple[str, str | None, dict[str, Any]]] = [
        ("JPEG", None, {"exif": exif.tobytes()}),
        ("JPEG", None, {"progressive": True}),
        ("JPEG", "CMYK", {}),
        ("PNG", None, {}),
        ("PNG", "P", {}),
        ("PNG", "RGBA", {}),
        ("WEBP", None, {}),
        ("WEBP", None, {"lossless": True}),
        ("TIFF", None, {}),
        ("TIFF", None, {"compression": "tiff_lzw"}),
        ("TIFF", "L", {"compression": "tiff_adobe_deflate"}),
        ("GIF", None, {}),
        ("BMP", None, {}),
        ("PPM", None, {}),
        ("ICO", None, {}),
        ("PCX", None, {}),
        ("JPEG2000", None, {}),
    ]
    deep = io.BytesIO()
    Image.fromarray((face[..., 0].astype(np.uint16) * 257).astype(np.uint16)).save(deep, "TIFF")
    return [*(encoded(face, name, mode, **options) for name, mode, options in kinds), deep.getvalue()]


@fuzzing(120)
@given(
    which=st.integers(0, 17),
    changes=st.lists(Cuts, min_size=1, max_size=4),
    head=st.sampled_from([32, 64, 200, 700, None]),
)
def run_pictures(folder: Path, which: int, changes: list[Any], head: int | None) -> None:
    """One picture file into the work of `scan`."""
    path = folder / "picture"
    path.write_bytes(spoiled(pictures()[which % len(pictures())], changes, head))
    outcome = examine(str(path), NOTHING)
    assert outcome.trace is None, outcome.trace
    assert outcome.bad or outcome.header is not None


@pytest.mark.filterwarnings("ignore")  # as for people: Pillow tells of odd tags
def test_no_picture_file_makes_scan_stumble(tmp_path: Path, record_property: Record) -> None:
    run_pictures(tmp_path)
    record_property("tried", tried(120))


@pytest.fixture(scope="module")
def a_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A set of three faces, whose files may be spoiled."""
    return small_set(tmp_path_factory.mktemp("fuzz"), count=3).faces.path


@fuzzing(150)
@given(
    way=Ways,
    value=Json,
    where=st.sampled_from([INFO, INDEX, "bytes of set.json", "bytes of index"]),
    sealed=st.booleans(),
    changes=st.lists(Cuts, max_size=3),
)
def run_sets(
    folder: Path, before: dict[str, bytes], way: list[int], value: Any, where: str, sealed: bool, changes: list[Any]
) -> None:
    """A set whose index or set.json says something else; sealed: its checksum fits."""
    info, index = before[INFO], before[INDEX]
    if where == INFO:
        info = dumped(changed(json.loads(info), way, value))
    elif where == INDEX:
        lines = index.splitlines()
        lines[0] = dumped(changed(json.loads(lines[0]), way, value))
        index = b"\n".join(lines) + b"\n"
    elif where == "bytes of set.json":
        info = spoiled(info, changes)
    else:
        index = spoiled(index, changes)
    if sealed and where in (INDEX, "bytes of index"):
        info = dumped(json.loads(info) | {"index_sha256": hashlib.sha256(index).hexdigest()})
    (folder / INFO).write_bytes(info)
    (folder / INDEX).write_bytes(index)
    with contextlib.suppress(UserError):
        faces = open_set(folder)
        for entry in faces.entries:
            faces.landmarks(entry), faces.face(entry), faces.guide(entry)
        len(faces.train), len(faces.held_out), faces.mean_landmarks


def test_no_set_makes_training_stumble(a_set: Path, record_property: Record) -> None:
    before = {name: (a_set / name).read_bytes() for name in (INFO, INDEX)}
    run_sets(a_set, before)
    record_property("tried", tried(150))


@fuzzing(80)
@given(
    role=st.sampled_from(["generator", "critic"]),
    way=Ways,
    value=Json,
    where=st.sampled_from(["card", "inside", "bytes of card", "weights"]),
    changes=st.lists(Cuts, max_size=3),
)
def run_networks(
    folder: Path, before: dict[str, bytes], role: str, way: list[int], value: Any, where: str, changes: list[Any]
) -> None:
    """A run whose card or weights say something else."""
    from infer.portrait import Geometry
    from infer.torch_net import open_critic, open_generator

    for name, data in before.items():
        (folder / name).write_bytes(data)
    card, weights = folder / f"{role}.json", folder / f"{role}.safetensors"
    if where == "card":
        card.write_bytes(dumped(changed(json.loads(card.read_bytes()), way, value)))
    elif where == "bytes of card":
        card.write_bytes(spoiled(card.read_bytes(), changes))
    elif where == "weights":
        weights.write_bytes(spoiled(weights.read_bytes(), changes, 4000))
    else:
        rewrite(weights, way, value)
    with contextlib.suppress(UserError):
        loaded = open_generator(folder, "upres", "cpu") if role == "generator" else open_critic(folder, "cpu")
        Geometry.of(loaded.card)


def rewrite(weights: Path, way: list[int], value: Any) -> None:
    """Change the card inside of the weights' file, and leave the weights."""
    data = weights.read_bytes()
    length = int.from_bytes(data[:8], "little")
    head = json.loads(data[8 : 8 + length])
    inside = changed(json.loads(head["__metadata__"]["card"]), way, value)
    head["__metadata__"]["card"] = dumped(inside).decode("utf-8", "replace")
    new = dumped(head)
    new += b" " * (-len(new) % 8)
    weights.write_bytes(len(new).to_bytes(8, "little") + new + data[8 + length :])


def test_no_network_makes_generate_stumble(tmp_path: Path, record_property: Record) -> None:
    write_runs(tmp_path)
    folder = tmp_path / "runs" / "large"
    run_networks(folder, {path.name: path.read_bytes() for path in folder.iterdir()})
    shutil.rmtree(folder)
    record_property("tried", tried(80))


Names = st.sampled_from(
    [
        "min_sharpness",
        "max_width",
        "under",
        "folder",
        "labels",
        "one_face",
        "no_duplicates",
        "max_per_person",
        "max_per_pose",
        "max_per_folder",
        "limit",
        "min_nonsense",
        "max_",
        "missing",
    ]
)
Values = st.sampled_from(
    [
        True,
        1,
        2.5,
        "/photos",
        ["good"],
        ["*"],
        {"count": 1, "seed": 0},
        {"count": 3, "degrees": 10.0},
        {"count": 10**30},
    ]
)
Rules = st.lists(st.fixed_dictionaries({"rule": Names | Text, "value": Values | Json}) | Json, max_size=4)


@fuzzing(250)
@given(rules=Rules | Json)
@example(rules=[{"rule": "limit", "value": [1, 2]}, {"rule": "limit", "value": {"a": 1}}])
@example(rules=[{"rule": "min_width", "value": 10**400}])
def run_saved_rules(rules: Any) -> None:
    """What a database may hold as a selection's rules."""
    with contextlib.suppress(UserError):
        for rule in rules_from_json(rules):
            rule.text().encode()


def test_no_saved_rules_make_filter_stumble(record_property: Record) -> None:
    run_saved_rules()
    record_property("tried", tried(250))


Typed = st.sampled_from(["sharpness=4", "width=1e400", "=", "a=b", "min=nan", "noise=-1"]) | Text
Whole = st.integers(1, 10**400) | st.integers(1, 5)


@fuzzing(100)
@given(
    minimum=st.lists(Typed, max_size=2),
    maximum=st.lists(Typed, max_size=2),
    folder=st.lists(Text, max_size=2),
    limit=st.none() | Whole,
    each=st.none() | Whole,
    seed=st.integers(),
    number=st.none() | st.floats(),
    explain=st.none() | Text,
    again=st.booleans(),
)
def run_typed_rules(
    sessions: Any,
    explain: str | None,
    again: bool,
    minimum: list[str],
    maximum: list[str],
    folder: list[str],
    limit: int | None,
    each: int | None,
    seed: int,
    number: float | None,
) -> None:
    """What somebody may type behind `filter`, all the way to a selection or an explanation."""
    from curate.filters import decide, reading
    from curate.filters import explain as explained

    typed = [text.replace("\0", "") for text in folder]
    with contextlib.suppress(UserError, ValueError):  # a ValueError of the options is a usage error
        options = FilterOptions(
            name="fuzz",
            minimum=tuple(minimum),
            maximum=tuple(maximum),
            folder=tuple(filter(None, map(typable, typed))),
            limit=limit,
            max_per_folder=each,
            seed=seed,
            min_sharpness=number,
            again=again,
        )
        try:
            rules_of(options)
        except ValueError as error:  # beyond the options it is a crash
            raise AssertionError(error) from error
        with sessions.kw["bind"].connect() as connection, reading(connection) as session:
            rules = chosen_rules(session, options)
            for rule in rules:
                rule.text().encode()
            if explain is not None:
                explained(session, rules, typable(explain.replace("\0", "")))
            else:
                decide(session, rules)


def typable(text: str) -> str:
    """As a terminal hands it over: what is no UTF-8 comes as halves of surrogate pairs of its own kind."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "surrogateescape")


def test_no_typed_rules_make_filter_stumble(tmp_path: Path, record_property: Record) -> None:
    from selection_fixtures import Pile

    pile = Pile(tmp_path)
    for number in range(4):
        pile.image(measures={"sharpness": float(number)}, labels={"Ann": "good"})
    run_typed_rules(pile.sessions)
    pile.sessions.kw["bind"].dispose()
    record_property("tried", tried(100))
