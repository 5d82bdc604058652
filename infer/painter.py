"""Who paints for the page of `swipegan serve`: wishes in JSON become small faces, guides and portraits."""

from __future__ import annotations

import shlex
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import fields, replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from curate.guides import draw_guide
from curate.pixels import encode_png
from infer.candidates import CHANGES, Change, changed_crops
from infer.config_paint import PaintOptions
from infer.config_walk import PainterOptions
from infer.credentials import seal_bytes
from infer.directions import Directions
from infer.engine import Crop, TileEngine
from infer.images import checked_settings
from infer.landmarks import Placed
from infer.like import BY_HAND, Networks, Task
from infer.portrait import Geometry, Studio, draw_face, settings_from, to_pixels
from infer.recipe import Recipe
from infer.sheet import seen
from infer.spots import Spot, mix, moved, of_seed
from infer.tiles import SCALE, fit, plan
from infer.wishes import MOST, BadWish, Wish, read_landmarks, read_wish

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]

SIZES = (1.0, 4 / 3, 2.0)  # of the training's


class Drawn(NamedTuple):
    """A small face (E, E, 3), landmarks (68, 2) of 0..1, where they come from, and the guide as people see it."""

    face: Pixels
    landmarks: NDArray[np.float64]
    source: str
    guide: Pixels


class Stroke(NamedTuple):
    """One painted tile: its number, its square in large pixels, which change of the crop, and the picture."""

    tile: int
    top: int
    left: int
    size: int
    change: str
    picture: Pixels


class Painted(NamedTuple):
    """A finished portrait: the bytes of its PNG, what was found on the way, the change kept for each tile, its name."""

    png: bytes
    result: dict[str, Any]
    kept: tuple[str, ...]
    name: str
    command: str


class Watched(TileEngine):
    """A tile engine that shows each painted crop to `saw(number, crop, tile)`."""

    def __init__(
        self, engine: TileEngine, saw: Callable[[int, Crop, Floats], None], stop: Callable[[int], None]
    ) -> None:
        super().__init__(engine.net, engine.batch, stop)
        self.saw = saw

    def __call__(self, crops: Iterable[Crop]) -> Iterator[Floats]:
        """Painted tiles, in the order of the crops."""
        waiting: deque[Crop] = deque()

        def noted() -> Iterator[Crop]:
            for crop in crops:
                waiting.append(crop)
                yield crop

        for number, tile in enumerate(super().__call__(noted())):
            self.saw(number, waiting.popleft(), tile)
            yield tile


class PagePainter:
    """Paints what pages wish for; its methods may be called from several threads."""

    def __init__(
        self, networks: Networks, options: PainterOptions, ways: Directions, names: tuple[str, str] = ("", "")
    ) -> None:
        self.networks, self.options, self.ways, self.names = networks, options, ways, names
        self.geometry = Geometry.of(networks.upres.card)
        self._finding = threading.Lock()  # dlib's detector keeps notes in itself
        self._finder = Studio(networks.upres, settings_from(PaintOptions(), self.geometry.tile))

    def about(self) -> dict[str, Any]:
        """What a page must know of the networks."""
        shape = self.geometry
        least = SCALE * shape.tile
        size = self.options.size or SCALE * shape.stacked
        sizes = {size, *(SCALE * round(shape.stacked * factor) for factor in SIZES)}
        return {
            "lowres": self.names[0],
            "upres": self.names[1],
            "extent": shape.extent,
            "guide": shape.guide.encoding != "none",
            "sizes": sorted(one for one in sizes if least <= one <= max(size, self.options.largest)),
            "size": size,
            "directions": [
                {"name": name, "most": MOST, "strength": round(strength, 2)}
                for name, strength in zip(self.ways.names, self.ways.strength, strict=True)
            ],
            "candidates": {name: len(changes) for name, changes in CHANGES.items()},
            "defaults": {"candidates": self.options.candidates, "faithful": self.options.faithful},
        }

    def read(self, asked: dict[str, Any]) -> Wish:
        """The wish that JSON speaks of; raises BadWish, which says what is wrong."""
        wish = read_wish(asked, len(self.ways.names), CHANGES, self.options.faithful)
        least, most = SCALE * self.geometry.tile, self.options.largest
        if wish.size is not None and (wish.size % SCALE or not least <= wish.size <= most):
            raise BadWish(f"size is a multiple of {SCALE}, {least} to {most}")
        if wish.landmarks is not None and self.geometry.guide.encoding == "none":
            raise BadWish("this run paints without a guide, so there are no landmarks to move")
        return wish

    def draw(self, wish: Wish) -> Drawn:
        """The small face of a wish with landmarks and guide."""
        face = draw_face(self.networks.lowres, self._spot(wish).z)
        placed = self._placed(wish, face)
        return Drawn(face, placed.points, placed.source, self.guide(placed.points))

    def guide_of(self, asked: Any) -> Pixels:
        """The guide of landmarks from JSON as people see it, (E, E, 3); raises BadWish."""
        points = read_landmarks(asked)
        if points is None:
            raise BadWish("send the landmarks")
        return self.guide(np.asarray(points, np.float64))

    def guide(self, landmarks: NDArray[np.float64]) -> Pixels:
        """The guide of landmarks (68, 2) of 0..1 as people see it, (E, E, 3)."""
        style = self.geometry.guide
        encoding = "rgb" if style.encoding == "none" else style.encoding
        return seen(draw_guide(landmarks, self.geometry.extent, encoding, style.fade))

    def strokes(self, wish: Wish) -> int:
        """How many tiles will be painted at most, candidates counted."""
        settings = settings_from(self._options(wish), self.geometry.tile)
        stacked = Geometry.of(self.networks.upres.card, wish.size or self.options.size).stacked
        tiles = 1 if settings.whole else len(list(plan(stacked, stacked, settings.tile, settings.overlap)))
        return tiles * len(CHANGES[settings.candidates])

    def paint(self, wish: Wish, saw: Callable[[Stroke], None], stop: Callable[[], None]) -> Painted:
        """Paint a portrait; `saw` is shown each tile, `stop` is called after each batch and may raise to cancel."""
        task = self._task(wish)
        studio, request = task.studio(self.networks, self.options.batch)
        with self._finding:
            small = task.small(self.networks, studio)
        stop()
        places = _order(studio, studio.prepare(small)[2])

        def show(number: int, crop: Crop, tile: Floats) -> None:
            place = places[number]
            saw(_stroke(place, studio.painter.changes[place.change], crop, tile))

        studio.painter.engine = Watched(studio.painter.engine, show, lambda _: stop())
        portrait = next(studio.portraits([small]))
        result = portrait.result()
        recipe = Recipe(request, result)
        png = seal_bytes(encode_png(portrait.picture, text=recipe.texts()), ".png", recipe)
        name = f"{wish.seed:06d}.png" if wish.is_of_a_seed else f"{wish.seed:06d}-moved.png"
        return Painted(png, result, portrait.painting.kept, name, self._command(wish, name))

    def _options(self, wish: Wish) -> PainterOptions:
        candidates = self.options.candidates if wish.candidates is None else wish.candidates
        return replace(self.options, candidates=candidates, faithful=wish.faithful)

    def _task(self, wish: Wish) -> Task:
        settings = settings_from(self._options(wish), self.geometry.tile)
        size = wish.size or self.options.size
        return Task(self._spot(wish), settings, size, wish.truncation, landmarks=wish.landmarks)

    def _spot(self, wish: Wish) -> Spot:
        length = self.networks.length
        spot = of_seed(wish.seed, length, wish.truncation)
        if wish.toward and wish.toward[1]:
            spot = mix(spot, of_seed(wish.toward[0], length, wish.truncation), wish.toward[1])
        return moved(spot, self.ways.names, self.ways.vectors, wish.along)

    def _placed(self, wish: Wish, face: Pixels) -> Placed:
        if wish.landmarks is not None:
            return Placed(np.asarray(wish.landmarks, np.float64), BY_HAND)
        with self._finding:
            return self._finder.find(face)

    def _command(self, wish: Wish, name: str) -> str:
        """The command that paints the same bytes: by the seed if that says all, else by the portrait's own recipe."""
        words = ["swipegan", "generate", "images", "--lowres", self.names[0], "--upres", self.names[1]]
        if not wish.is_of_a_seed:
            return shlex.join([*words, "--like", name])
        words += ["--seed", str(wish.seed), "--count", "1"]
        words += [] if wish.truncation is None else ["--truncation", f"{wish.truncation:g}"]
        size = wish.size or self.options.size
        words += [] if size is None else ["--size", str(size)]
        return shlex.join([*words, *_changed(self._options(wish))])


def _changed(options: PainterOptions) -> Iterator[str]:
    """The options of painting that are not as they are by themselves, as words of a command."""
    for field in fields(PaintOptions):
        value = getattr(options, field.name)
        if value == field.default or field.name in ("batch", "device"):
            continue
        flag = "--" + field.name.replace("_", "-")
        yield from [flag] if value is True else [flag, f"{value}"]


class Place(NamedTuple):
    """Where a painted crop belongs: the number and the square of its tile, and which change it was painted under."""

    number: int
    top: int
    left: int
    change: int


def _order(studio: Studio, stack: Floats) -> list[Place]:
    """The places of painted crops, in the order in which they are painted."""
    settings, changes = studio.painter.settings, studio.painter.changes
    if settings.whole:
        return [Place(0, 0, 0, 0)]
    where = plan(stack.shape[1], stack.shape[2], settings.tile, settings.overlap)
    padded, places = fit(stack, where), []
    for number, tile in enumerate(where):
        for change, _ in changed_crops([Crop(padded[tile.window], "")], changes):
            places.append(Place(number, SCALE * tile.top, SCALE * tile.left, change))
    return places


def _stroke(place: Place, change: Change, crop: Crop, painted: Floats) -> Stroke:
    # The engine saw the crop changed; its mean, all that undoing needs of it, is the same but for a trace.
    picture = to_pixels(change.undo(painted, crop.pixels))
    return Stroke(place.number, place.top, place.left, picture.shape[0], change.name, picture)


def painter(workspace: Any, options: PainterOptions) -> PagePainter:
    """Open the networks that options name and learn their directions."""
    from infer.directions import directions

    networks = Networks.open(workspace, options.lowres, options.upres, options.device)
    checked_settings(options, networks.upres)
    ways = directions(networks.lowres, networks.upres.card["mean_box"], workspace.cache)
    return PagePainter(networks, options, ways, (options.lowres, options.upres))
