"""What is parsed in Python, as targets for a fuzzer that looks at branches: what to call, what to begin with."""

from __future__ import annotations

import io
import json
import random
import tempfile
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from set_fixtures import LANDMARKS

from curate import report_runs
from curate.carry import _objects, _person, read_selections
from curate.errors import UserError
from curate.files import parsed
from curate.importing import guess
from curate.label_sources import read
from curate.network_card import checked
from curate.pixels import read_picture
from curate.rules import rules_from_json
from curate.set_index import Entry, read_entry
from curate.sets import INFO, _read_info
from infer.recipe import SIGNATURE, Recipe, read_recipe, write_picture
from infer.wishes import read_wish
from swipeweb.wire import BadRequest, read_verdicts

Mutate = Callable[[bytes], bytes]
UUID = "00000000-0000-4000-8000-000000000000"
ODD: list[Any] = [
    None, True, False, -1, 0, 1, 2, 2**31, 2**53, 2**63, 10**400, 0.5, -1e308, float("nan"), float("inf"), "",
    "good", "x" * 300, "\ud800", "../x", "/x", "C:\\x", "\0", "2026-01-01T00:00:00", UUID,
    [], {}, [[]], [1, 2], {"a": 1},
]  # fmt: skip


@cache
def place() -> Path:
    """A folder for targets that read files."""
    return Path(tempfile.mkdtemp(prefix="fuzz"))


@dataclass(frozen=True)
class Target:
    """One parser. refusals: the errors that its callers put into words; any other is a bug."""

    run: Callable[[bytes], object]
    seeds: Callable[[], list[bytes]]
    refusals: tuple[type[Exception], ...] = (UserError,)


def of_json(run: Callable[[Any], object]) -> Callable[[bytes], object]:
    """A target that is given what JSON says; what is no JSON is refused before it."""

    def from_bytes(data: bytes) -> object:
        try:
            content = parsed(data)
        except ValueError:
            return None
        return run(content)

    return from_bytes


def of_file(name: str, run: Callable[[Path], object]) -> Callable[[bytes], object]:
    """A target that reads a file."""

    def from_bytes(data: bytes) -> object:
        path = place() / name
        path.write_bytes(data)
        return run(path)

    return from_bytes


def labels(path: Path) -> None:
    """A file of labels: every event says a verdict or what is wrong with it."""
    for event in read(path, guess(path), {}, "right"):
        assert event.problem or event.verdict


def wish(content: Any) -> object:
    """What the page to play with asks for: an object, as the view has seen to."""
    return read_wish(content, 4, ("none", "grid"), False) if isinstance(content, dict) else None


def dump(*contents: Any) -> list[bytes]:
    """Seeds of JSON."""
    return [json.dumps(content).encode() for content in contents]


def some_verdicts() -> list[bytes]:
    """Requests of a phone."""
    event = {"uuid": UUID, "image": 3, "verdict": "good", "how": "swipe", "decided": 1.7e12}
    more = {"verdict": "bad", "reason": "blurry", "milliseconds": 400, "rendition": "face 1x1"}
    undo = {"verdict": "undo", "undoes": str(uuid.UUID(int=5))}
    return dump({"verdicts": [event]}, {"verdicts": [event | more, event | undo]}, {"verdicts": []})


def some_rules() -> list[bytes]:
    """Rules as a selection keeps them."""
    values = {
        "min_sharpness": 2.5, "max_width": 900, "under": "/photos", "labels": ["good"], "one_face": True,
        "limit": {"count": 1, "seed": 0}, "max_per_person": 3,
        "max_per_pose": {"count": 3, "degrees": 10.0}, "no_duplicates": True,
    }  # fmt: skip
    return dump(*([{"rule": name, "value": value}] for name, value in values.items()))


def an_entry() -> list[bytes]:
    """A line of an index."""
    paths = {"face": "faces/a.webp", "guide": "guides/a.png", "source": "a.jpg", "person": "b"}
    sums = dict.fromkeys(("sha256", "face_sha256", "guide_sha256"), "0" * 64)
    points = tuple(map(tuple, LANDMARKS.tolist()))
    entry = Entry(id="0" * 16, landmarks=points, held_out=False, upscale=1.1, **paths, **sums)
    return dump(asdict(entry))


def some_sets() -> list[bytes]:
    """A set.json."""
    texts = dict.fromkeys(("name", "created", "swipegan", "index_sha256", "recipe"), "a")
    points = {"mean_landmarks": LANDMARKS.tolist(), "mean_box": [0.2, 0.2, 0.8, 0.8]}
    numbers = {"format": 1, "size": 192, "count": 2, "held_out": 1}
    return dump({**texts, **points, **numbers, "guide": "rgb", "selection": {"name": "all"}, "left_out": {"small": 1}})


def some_cards() -> list[bytes]:
    """Cards of both stages."""
    card = {
        "role": "generator", "stage": "lowres", "guide": "rgb", "network": {"kind": "dcgan", "z": 8}, "images": 1000,
        "lowres_extent": 64, "mean_landmarks": LANDMARKS.tolist(), "mean_box": [0.2, 0.2, 0.8, 0.8],
        "files": ["generator.safetensors"],
    }  # fmt: skip
    return dump(card, card | {"stage": "upres", "stacked": 48, "tile": 16, "size": 384})


def some_labels() -> list[bytes]:
    """Files of labels from elsewhere, in every format that is guessed."""
    task = {"data": {"image": "/data/upload/1/a.jpg"}, "annotations": [{"result": [{"value": {"choices": ["good"]}}]}]}
    tables = [
        b"path,verdict,labeler,decided\na.jpg,good,Ann,2026-01-01T00:00:00\nb.jpg,bad,Bo,\n",
        b'{"path": "a.jpg", "verdict": "good", "uuid": "' + UUID.encode() + b'", "milliseconds": 300}\n',
        b"LOG: images/7.jpg:-1\nb.jpg 1\n",
        b"sha256,label\n" + b"0" * 64 + b",yes\n",
    ]
    return [*tables, *dump([task], [{"image": "a.jpg", "choice": "bad", "id": 1, "annotator": 2}])]


def run_of_a_stranger(path: Path) -> None:
    """What the report and the page of a run make of its stats.jsonl."""
    report_runs.run(path.parent, (), {})


def some_stats() -> list[bytes]:
    """Lines of training, of scores and of a verdict."""
    line = {"images": 8, "seconds": 1.5, "images_per_second": 5.0, "critic": 0.7}
    verdict = {"health": "healthy", "said": ["all is well"], "numbers": {"variety": 0.9}}
    scored = line | {"scored": True, "scored_on": "held-out", "sharpness": {"all": 0.5}}
    return [*dump(line, scored, line | verdict), b"\n".join(dump(line, scored, line | verdict))]


def some_people() -> list[bytes]:
    """People as `export people` writes them."""
    created = "2026-01-01T00:00:00+00:00"
    person = {"person": "Ann", "role": "owner", "created": created, "sensitivity": 0.9, "specificity": None}
    return dump(person)


def some_selections() -> list[bytes]:
    """A selection as `export selections` writes it."""
    head = {"selection": "all", "version": 1, "rule": [{"rule": "limit", "value": {"count": 1, "seed": 0}}]}
    head |= {"created": "2026-01-01T00:00:00+00:00", "kept": 1, "left_out": 1, "digest": "0"}
    kept = {"sha256": "0" * 64, "kept": True, "rule": None, "reason": None}
    out = {"sha256": "1" * 64, "kept": False, "rule": "limit", "reason": "beyond the limit"}
    return [b"\n".join(dump(head, kept, out)), *dump(head)]


def some_wishes() -> list[bytes]:
    """Wishes of the page to play with."""
    more = {"seed": 5, "toward": {"seed": 6, "share": 0.5}, "along": [0, 0.5, 0, -1], "landmarks": LANDMARKS.tolist()}
    return dump({"seed": 1}, more | {"truncation": 0.7, "candidates": "grid", "faithful": True, "size": 384})


def some_recipes() -> list[bytes]:
    """Pictures with a recipe."""
    path = place() / "made.png"
    write_picture(path, np.zeros((2, 2, 3), np.uint8), Recipe({"kind": "image", "seed": 1}))
    return [path.read_bytes(), SIGNATURE]


def some_pictures() -> list[bytes]:
    """Small pictures of most kinds."""
    picture = Image.fromarray(np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3))
    found = []
    for kind in ("JPEG", "PNG", "WEBP", "TIFF", "GIF", "BMP", "PPM", "JPEG2000"):
        file = io.BytesIO()
        picture.save(file, kind)
        found.append(file.getvalue())
    return found


LINE = (
    UserError,
    ValueError,
    KeyError,
    TypeError,
)  # of one line of an index or one card: the file is named by the caller
TARGETS = {  # fault_table.py says what each is
    "verdicts": Target(of_json(read_verdicts), some_verdicts, (BadRequest,)),
    "wishes": Target(of_json(wish), some_wishes),
    "rules": Target(of_json(lambda told: [rule.text() for rule in rules_from_json(told)]), some_rules),
    "labels": Target(of_file("labels", labels), some_labels),
    "people": Target(of_file("people", lambda path: [_person(row) for row in _objects(path)]), some_people),
    "selections": Target(of_file("selections", lambda path: list(read_selections(path))), some_selections),
    "stats": Target(of_file("stats.jsonl", run_of_a_stranger), some_stats),
    "index": Target(of_json(read_entry), an_entry, LINE),
    "set": Target(of_file(INFO, lambda path: _read_info(path.parent)), some_sets),
    "card": Target(of_json(checked), some_cards, LINE),
    "recipe": Target(of_file("made.png", read_recipe), some_recipes),
    "picture": Target(lambda data: read_picture(data, 10**6), some_pictures),
}


def mutated(data: bytes, dice: random.Random, mutate: Mutate) -> bytes:
    """Another input: of JSON mostly one value replaced, renamed or lost; of all else what `mutate` makes."""
    lines = data.split(b"\n")
    if len(lines) > 1 and dice.random() < 0.8:
        which = dice.randrange(len(lines))
        return b"\n".join([*lines[:which], mutated(lines[which], dice, mutate), *lines[which + 1 :]])
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return mutate(data)
    if dice.random() < 0.2:
        return mutate(data)
    try:
        return json.dumps(elsewhere(content, dice, mutate)).encode("utf-8", "surrogatepass")
    except (ValueError, RecursionError):  # numbers of more digits than Python writes
        return mutate(data)


def elsewhere(content: Any, dice: random.Random, mutate: Mutate) -> Any:
    """JSON content with one place in it changed."""
    if not isinstance(content, dict | list) or not content or dice.random() < 0.1:
        return value(content, dice, mutate)
    names = list(content) if isinstance(content, dict) else list(range(len(content)))
    name = dice.choice(names)
    copy: Any = dict(content) if isinstance(content, dict) else list(content)
    roll = dice.random()
    if roll < 0.1:
        del copy[name]
    elif roll < 0.2 and isinstance(copy, list):
        copy.insert(name, content[dice.choice(names)])
    elif roll < 0.2:
        copy[str(dice.choice(ODD))] = copy.pop(name)
    else:
        copy[name] = elsewhere(content[name], dice, mutate)
    return copy


def value(before: Any, dice: random.Random, mutate: Mutate) -> Any:
    """Something odd, or a text that is a little different."""
    if isinstance(before, str) and dice.random() < 0.6:
        return mutate(before.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
    if isinstance(before, int | float) and dice.random() < 0.4:
        return dice.choice([-before, before + 1, before / 2 if abs(before) < 1e300 else 0, str(before)])
    return dice.choice(ODD)
