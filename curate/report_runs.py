"""Runs and sets for the report, read from their folders; a folder that is cut short is shown as far as it goes."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from curate.files import parsed, read_json
from curate.report_facts import Checkpoint, Curve, RunFacts, SetFacts

SPEED = "images_per_second"
MOST_POINTS = 160  # of a curve
MOST_SAMPLES = 12  # sample grids of a run
SCORED = "scored"  # marks the lines that were written with a checkpoint: they hold scores
HEALTH = "health"  # the numbers behind a verdict: the run's own page shows them
NOT_CURVES = {"images", "seconds", SCORED}
SHOWN_FACES = 8
LARGEST = 1e308


def runs(home: Path, received: Sequence[dt.datetime], made: dict[tuple[str, int], dt.datetime]) -> tuple[RunFacts, ...]:
    """The runs in a folder, by name.

    received: times of all labels. made: when each (selection, version) was made; both for what lies behind a run.
    """
    folders = sorted(path.parent for path in home.glob("*/config.json")) if home.is_dir() else []
    return tuple(run(folder, received, made) for folder in folders)


def run(
    folder: Path,
    received: Sequence[dt.datetime],
    made: dict[tuple[str, int], dt.datetime],
    lines: Sequence[dict[str, Any]] | None = None,
) -> RunFacts:
    """What a run's folder says; lines: those of its stats.jsonl, if they are read already."""
    config, problem = _content(folder / "config.json")
    if lines is None:
        lines = list(read_lines(folder / "stats.jsonl"))
    last = lines[-1] if lines else {}
    of = _behind(config)
    curves, fixed = _with_levels(_curves(lines))
    scores = {name for line in lines if line.get(SCORED) for name, _ in flat(line)} - NOT_CURVES - {SPEED}
    key = (str(of.get("name", "")), _whole(of.get("version")))
    moment = made.get(key)
    return RunFacts(
        name=folder.name,
        path=str(folder),
        stage=str(config.get("stage") or _options(config).get("stage") or ""),
        images=_whole(last.get("images")),
        seconds=finite(last.get("seconds")) or 0.0,
        images_per_second=finite(last.get("images_per_second")) or 0.0,
        finished=(folder / "finished.json").exists(),
        set_name=_set(config, "name"),
        set_digest=_set(config, "digest"),
        selection=f"{key[0]} v{key[1]}" if key[0] and key[1] else key[0],
        labels=None if moment is None else sum(time <= moment for time in received),
        options=_options(config),
        parameters=_parameters(config),
        losses=tuple(curve for curve in curves if curve.name not in scores),
        scores=tuple(curve for curve in curves if curve.name in scores),
        fixed=tuple(fixed),
        verdict=_verdict(lines),
        samples=_samples(folder),
        checkpoints=_checkpoints(folder, lines, scores),
        problem=problem,
    )


def sets(home: Path, known: dict[str, tuple[str, str]]) -> tuple[SetFacts, ...]:
    """The sets in a folder, and those the database knows elsewhere; `known`: name -> path, digest when it was made."""
    folders = {path.parent.resolve() for path in home.glob("*/set.json")} if home.is_dir() else set()
    folders |= {Path(path).resolve() for path, _ in known.values()}
    digests = {Path(path).resolve(): digest for path, digest in known.values()}
    return tuple(_set_facts(folder, digests.get(folder, "")) for folder in sorted(folders))


def _set_facts(folder: Path, digest: str) -> SetFacts:
    info, problem = _content(folder / "set.json")
    of = info["selection"] if isinstance(info.get("selection"), dict) else {}
    lines = _some_lines(folder / "index.jsonl", SHOWN_FACES)
    left_out = info.get("left_out")
    return SetFacts(
        name=str(info.get("name", folder.name)),
        path=str(folder),
        count=_whole(info.get("count")),
        held_out=_whole(info.get("held_out")),
        size=_whole(info.get("size")),
        guide=str(info.get("guide", "")),
        digest=str(info.get("index_sha256", digest)),
        selection=f"{of.get('name', '?')} v{of.get('version', '?')}" if of else "",
        left_out=dict(left_out) if isinstance(left_out, dict) else {},
        faces=tuple(
            (str(folder / line["face"]), str(folder / str(line["guide"])) if line.get("guide") else "")
            for line in lines
            if isinstance(line.get("face"), str)
        ),
        problem=problem,
    )


def finite(value: Any) -> float | None:
    """A finite number of JSON; None where it is something else, or larger than numbers are here."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not -LARGEST < value < LARGEST:
        return None
    return float(value)


def _whole(value: Any) -> int:
    """A number cut to a whole one; 0 where it is none."""
    return int(finite(value) or 0)


def _content(path: Path) -> tuple[dict[str, Any], str | None]:
    """A JSON file's object, or an empty one and why."""
    try:
        content = read_json(path)
    except (OSError, ValueError) as error:
        return {}, f"{path.name} cannot be read: {error}"
    return (content, None) if isinstance(content, dict) else ({}, f"{path.name} holds no object")


def read_lines(path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of a file's lines; a last line that was cut off is passed over."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            for line in file:
                try:
                    content = parsed(line)
                except ValueError:
                    continue
                if isinstance(content, dict):
                    yield content
    except OSError:
        return


def _some_lines(path: Path, count: int) -> list[dict[str, Any]]:
    """Objects spread over a file's lines, without keeping the others."""
    total = sum(1 for _ in read_lines(path))
    step = max(total // count, 1)
    return [line for place, line in enumerate(read_lines(path)) if place % step == 0][:count]


def _options(config: dict[str, Any]) -> dict[str, Any]:
    options = config.get("options")
    return dict(options) if isinstance(options, dict) else {}


def _set(config: dict[str, Any], what: str) -> str:
    of = config.get("set")
    if isinstance(of, dict):
        return str(of.get(what, ""))
    return str(config.get(f"set_{what}") or (of if what == "name" and of else "") or "")


def _behind(config: dict[str, Any]) -> dict[str, Any]:
    of = config.get("set")
    places = (config.get("selection"), of.get("selection") if isinstance(of, dict) else None)
    return next((dict(place) for place in places if isinstance(place, dict)), {})


def _parameters(config: dict[str, Any]) -> dict[str, int]:
    counts = config.get("parameters")
    return {str(name): _whole(count) for name, count in counts.items()} if isinstance(counts, dict) else {}


def _curves(lines: Sequence[dict[str, Any]]) -> list[Curve]:
    """Every number that changes along a run, thinned by averaging neighbours; nested objects by dotted names."""
    points: dict[str, list[tuple[float, float]]] = {}
    for line in lines:
        shown = finite(line.get("images"))
        if shown is None:
            continue
        for name, value in flat(line):
            if name not in NOT_CURVES:
                points.setdefault(name, []).append((shown, value))
    curves = [Curve(name=name, points=thin(line), last=line[-1][1]) for name, line in points.items() if len(line) > 1]
    return sorted(curves, key=lambda curve: curve.name == SPEED)


def _with_levels(curves: Sequence[Curve]) -> tuple[list[Curve], list[tuple[str, float]]]:
    """Curves that change, each with the constants whose names begin as its own does, and the other constants."""
    fixed = {curve.name: curve.last for curve in curves if len({y for _, y in curve.points}) == 1}
    moving = [curve for curve in curves if curve.name not in fixed]
    found = []
    for curve in moving:
        levels = tuple(
            (name.removeprefix(curve.name + "_"), fixed[name]) for name in fixed if name.startswith(curve.name + "_")
        )
        found.append(replace(curve, levels=levels))
    used = {f"{curve.name}_{name}" for curve in found for name, _ in curve.levels}
    return found, [(name, value) for name, value in fixed.items() if name not in used]


def flat(line: dict[str, Any], before: str = "", health: bool = False) -> Iterator[tuple[str, float]]:
    """The numbers of a line of stats.jsonl, nested ones by dotted names; those behind a verdict only if asked for."""
    for name, value in line.items():
        if name == HEALTH and not health:
            continue
        if isinstance(value, dict):
            yield from flat(value, f"{before}{name}.", health)
        elif (found := finite(value)) is not None:
            yield before + name, found


def thin(points: list[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """At most so many points as a plot shows, each the mean of neighbours."""
    step = math.ceil(len(points) / MOST_POINTS)
    parts = [points[start : start + step] for start in range(0, len(points), step)]
    return tuple((part[-1][0], sum(y for _, y in part) / len(part)) for part in parts)


def _verdict(lines: Sequence[dict[str, Any]]) -> tuple[str, str, str]:
    """The last verdict on a run's health: its name, why, and what to do."""
    said: dict[str, Any] = next((line for line in reversed(lines) if line.get("verdict")), {})
    what, why, advice = (str(said.get(name, "")) for name in ("verdict", "why", "advice"))
    return what, why, advice


def _samples(folder: Path) -> tuple[tuple[int, str], ...]:
    """Sample grids spread over the run, the first and the last among them."""
    files = sorted((folder / "samples").glob("[0-9]*.png"))
    if len(files) > MOST_SAMPLES:
        last = len(files) - 1
        files = [files[round(place * last / (MOST_SAMPLES - 1))] for place in range(MOST_SAMPLES)]
    found = tuple((_images(path), str(path)) for path in files)
    latest = folder / "samples" / "latest.png"
    return found or (((0, str(latest)),) if latest.exists() else ())


def _images(path: Path) -> int:
    return int("".join(letter for letter in path.stem if letter.isdigit()) or 0)


def _checkpoints(folder: Path, lines: Sequence[dict[str, Any]], names: set[str]) -> tuple[Checkpoint, ...]:
    """The saved states, and the last scores that were known by then."""
    found = []
    for path in sorted((folder / "checkpoints").glob("[0-9]*.pt")):
        shown = _images(path)
        scores: dict[str, float] = {}
        for line in lines:
            if (finite(line.get("images")) or 0) <= shown:
                scores.update({name: value for name, value in flat(line) if name in names})
        try:
            size = path.stat().st_size
        except OSError:  # training has just put a newer one in its place
            continue
        found.append(Checkpoint(images=shown, file=path.name, bytes=size, scores=scores))
    return tuple(found)
