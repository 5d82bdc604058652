"""Who is drawn: skin, age, hair, beard, light and camera, chosen at random as people differ."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from curate.drawing_head import FaceShape, random_shape, rotation
from curate.drawing_landmarks import Expression, random_expression
from curate.drawing_paint import Colour, Floats, mix

SKINS: tuple[Colour, ...] = (
    (0.96, 0.83, 0.76),
    (0.93, 0.76, 0.66),
    (0.88, 0.69, 0.57),
    (0.82, 0.61, 0.47),
    (0.72, 0.51, 0.37),
    (0.57, 0.38, 0.27),
    (0.43, 0.28, 0.2),
    (0.33, 0.215, 0.16),
)
HAIRS: dict[str, Colour] = {
    "black": (0.075, 0.065, 0.065),
    "dark brown": (0.17, 0.11, 0.08),
    "brown": (0.29, 0.19, 0.12),
    "chestnut": (0.36, 0.2, 0.12),
    "auburn": (0.45, 0.2, 0.1),
    "ginger": (0.66, 0.33, 0.14),
    "dark blond": (0.5, 0.37, 0.22),
    "blond": (0.74, 0.58, 0.36),
    "grey": (0.5, 0.49, 0.48),
    "white": (0.82, 0.81, 0.79),
}
IRISES: tuple[Colour, ...] = (
    (0.25, 0.15, 0.08),
    (0.33, 0.2, 0.1),
    (0.42, 0.3, 0.15),
    (0.37, 0.42, 0.25),
    (0.32, 0.47, 0.58),
    (0.42, 0.5, 0.55),
)


@dataclass(frozen=True, kw_only=True)
class Person:
    """Everything about a drawn person but the place and the light."""

    shape: FaceShape
    face: Expression
    skin: Colour
    depth: float  # of the skin, 0 pale .. 1 deep
    age: float  # 0 young .. 1 old
    masculine: bool
    hair: str
    hair_colour: Colour
    grey: float
    style: str
    receding: float
    beard: str
    beard_colour: Colour
    iris: Colour
    freckles: float
    make_up: float
    glasses: bool


@dataclass(frozen=True)
class Camera:
    """Head coordinates to pixels: turned by `turn`, `scale` pixels a unit, the head's origin at `centre`."""

    turn: Floats
    centre: tuple[float, float]
    scale: float
    yaw: float
    pitch: float
    roll: float

    def turned(self, points: Floats) -> Floats:
        """Head to camera coordinates, (..., 3)."""
        return np.asarray(points @ self.turn.T, np.float32)

    def pixels(self, points: Floats) -> Floats:
        """Head coordinates (..., 3) to picture (..., 2)."""
        return np.asarray(self.turned(points)[..., :2] * self.scale + np.array(self.centre, np.float32), np.float32)


def random_person(rng: np.random.Generator) -> Person:
    """A person whose traits go together loosely, as in life."""
    depth, age, masculine = float(rng.uniform(0, 1)), float(rng.beta(1.2, 1.6)), bool(rng.random() < 0.5)
    name, colour = _hair_colour(rng, depth, age)
    style = _style(rng, depth, age, masculine)
    beards = ("none", "stubble", "stubble", "moustache", "short", "full")
    beard = str(rng.choice(beards)) if masculine and rng.random() < 0.62 else "none"
    at = depth * (len(SKINS) - 1)
    skin = mix(SKINS[int(at)], SKINS[min(int(at) + 1, len(SKINS) - 1)], at % 1)
    skin = mix(skin, (skin[0] * 1.02, skin[1] * 0.96, skin[2] * 0.9), float(rng.uniform(-1, 1)))
    return Person(
        shape=_shape(rng, masculine),
        face=random_expression(rng),
        skin=skin,
        depth=depth,
        age=age,
        masculine=masculine,
        hair=name,
        hair_colour=colour,
        grey=float(np.clip((age - 0.58) * 1.8 + rng.normal(0, 0.15), 0, 0.7)) if name not in ("grey", "white") else 0.0,
        style=style,
        receding=float(np.clip(rng.normal(age - 0.35, 0.3), 0, 1)) if masculine else 0.0,
        beard=beard,
        beard_colour=mix(colour, (0.7, 0.69, 0.68), float(np.clip(age - 0.55, 0, 0.4) * 1.5)),
        iris=IRISES[int(rng.integers(0, 3 if depth > 0.45 else len(IRISES)))],
        freckles=float(rng.uniform(0.25, 0.75)) if depth < 0.4 and rng.random() < 0.25 else 0.0,
        make_up=float(rng.uniform(0.2, 1)) if not masculine and rng.random() < 0.7 else 0.0,
        glasses=bool(rng.random() < 0.1),
    )


def random_camera(rng: np.random.Generator, size: int) -> Camera:
    """A pose within +-25 degrees of yaw and +-12 of pitch and roll; a face box of 35 to 60 % of the picture."""
    yaw, pitch, roll = (float(np.clip(rng.normal(0, by), -most, most)) for by, most in ((12, 25), (5.5, 12), (4.5, 12)))
    share = float(rng.uniform(0.36, 0.56))
    centre = (size * float(rng.uniform(0.46, 0.54)), size * float(rng.uniform(0.42, 0.48)))
    return Camera(rotation(yaw, pitch, roll), centre, share * size / 2.15, yaw, pitch, roll)


def _shape(rng: np.random.Generator, masculine: bool) -> FaceShape:
    shape = random_shape(rng)
    changed = {name: getattr(shape, name) for name in FaceShape.__dataclass_fields__}
    sign = 1 if masculine else -1
    changed["jaw"] = float(np.clip(shape.jaw * 0.75 + 0.125 + 0.2 * sign, 0, 1))
    changed["chin"] = shape.chin + 0.02 * sign
    changed["brow_high"] = shape.brow_high - 0.02 * sign
    changed["lips"] = float(np.clip(shape.lips * 0.7 + 0.15 - 0.18 * sign, 0, 1))
    changed["eye_width"] = shape.eye_width - 0.005 * sign
    return FaceShape(**changed)


def _hair_colour(rng: np.random.Generator, depth: float, age: float) -> tuple[str, Colour]:
    if age > 0.72 and rng.random() < 0.6:
        name = str(rng.choice(["grey", "white"]))
    elif depth > 0.55:
        name = str(rng.choice(["black", "black", "dark brown"]))
    else:
        name = str(rng.choice([name for name in HAIRS if name not in ("grey", "white")]))
    jitter = rng.uniform(0.88, 1.12)
    red, green, blue = (min(1.0, float(part * jitter)) for part in HAIRS[name])
    return name, (red, green, blue)


def _style(rng: np.random.Generator, depth: float, age: float, masculine: bool) -> str:
    if masculine:
        choices = ["buzz", "short", "short", "side", "side", "back", "fringe", "curly"]
        choices += ["bald", "bald"] if age > 0.3 else ["wavy"]
    else:
        choices = ["bob", "bob", "long", "long", "wavy", "wavy", "curly", "bun", "back", "fringe"]
    if depth > 0.6:
        choices += ["afro", "afro", "curly", "buzz"]
    return str(rng.choice(choices))
