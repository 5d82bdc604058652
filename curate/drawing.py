"""Portraits of people who do not exist, drawn from a seed, with the exact place of their 68 landmarks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from curate import drawing_beard, drawing_clothes, drawing_face, drawing_hair, drawing_scene, drawing_skin
from curate.drawing_head import Head, View, look
from curate.drawing_landmarks import landmarks
from curate.drawing_paint import Floats, soften
from curate.drawing_person import Camera, Person, random_camera, random_person


@dataclass(frozen=True)
class Portrait:
    """A drawn picture: image (size, size, 3) uint8 RGB, landmarks (68, 2) pixels, dlib's order, and what was drawn."""

    image: NDArray[np.uint8]
    landmarks: NDArray[np.float64]
    facts: dict[str, Any]


def draw_portrait(rng: np.random.Generator, size: int) -> Portrait:
    """Draw one clean portrait; the same generator state and size give the same bytes.

    Args:
        rng: where every choice comes from.
        size: side of the square picture in pixels, from about 64; detail grows with it.
    """
    person = random_person(rng)
    camera = random_camera(rng, size)
    light = drawing_skin.random_light(rng)
    head = Head(person.shape, max(person.face.smile, 0.0), person.face.opened)
    view = look(head, camera.turn, int(np.clip(2.6 * camera.scale, 96, 224)))
    points = landmarks(head, person.shape, person.face, camera.turn)
    exact = camera.pixels(points).astype(np.float64)
    hair = drawing_hair.grow(rng, head, person, camera, view, light)

    canvas, backdrop = drawing_scene.background(rng, size)
    canvas = _with_hair(rng, canvas, hair, False, person, camera)
    clothes = drawing_clothes.paint_body(rng, canvas, person, camera, light, exact[:17].astype(np.float32))
    _paint_head(rng, canvas, head, person, camera, view, light, hair)
    canvas = _with_fine_hair(rng, canvas, head, person, camera, light, hair)
    image = _develop(rng, canvas)
    facts = {
        "yaw": round(camera.yaw, 2), "pitch": round(camera.pitch, 2), "roll": round(camera.roll, 2),
        "hair": person.hair, "style": person.style, "beard": person.beard, "age": round(person.age, 2),
        "skin": round(person.depth, 2), "smile": round(person.face.smile, 2), "opened": round(person.face.opened, 2),
        "glasses": person.glasses, "light": round(light.azimuth, 1), "background": backdrop, "clothes": clothes,
    }  # fmt: skip
    return Portrait(image, exact, facts)


def _paint_head(
    rng: np.random.Generator,
    canvas: Floats,
    head: Head,
    person: Person,
    camera: Camera,
    view: View,
    light: drawing_skin.Light,
    hair: drawing_hair.Hairs | None,
) -> None:
    """Skin and features in their own colours, then the light on them, laid over the picture."""
    size, s = canvas.shape[0], camera.scale
    project = _projection(head, camera)
    zones = drawing_skin.spread(drawing_skin.fields(view, person), camera, size)
    colour = drawing_skin.skin_colour(rng, person, zones, s)
    drawing_skin.age_lines(rng, colour, person, camera, project)
    drawing_skin.moles(rng, colour, person, camera, project)
    drawing_face.paint_features(rng, colour, person, camera, project)
    normals = drawing_skin.spread(view.normals, camera, size)
    hollow = drawing_skin.spread(view.hollow, camera, size)
    shade = np.ones((size, size), np.float32) if hair is None else drawing_hair.shadow(hair, camera, light, size)
    bumps = drawing_skin.relief(rng, person, size, s)
    lit = drawing_skin.shine(colour, normals, hollow, bumps, zones[..., 3], light, shade)
    drawing_face.draw_catchlights(lit, person, camera, project, light.azimuth)
    cover = np.clip(1.5 - drawing_skin.spread(view.cover, camera, size, 9.0) * s, 0, 1)[..., None]
    canvas += cover * (lit - canvas)


def _with_hair(
    rng: np.random.Generator,
    canvas: Floats,
    hair: drawing_hair.Hairs | None,
    front: bool,
    person: Person,
    camera: Camera,
) -> Floats:
    if hair is None:
        return canvas
    image = _bytes(canvas)
    drawing_hair.draw(rng, image, hair, front, person, camera)
    return image.astype(np.float32) / 255


def _with_fine_hair(
    rng: np.random.Generator,
    canvas: Floats,
    head: Head,
    person: Person,
    camera: Camera,
    light: drawing_skin.Light,
    hair: drawing_hair.Hairs | None,
) -> Floats:
    """Brows, lashes, beard, the hair in front, and glasses."""
    project = _projection(head, camera)
    image = _bytes(canvas)
    dim = min(1.0, light.ambient + light.key_colour[1] * 0.75)
    drawing_face.draw_brows(rng, image, person, camera, project, dim)
    drawing_face.draw_lashes(rng, image, person, camera, project, dim)
    drawing_beard.draw_beard(rng, image, head, person, camera, light)
    canvas = image.astype(np.float32) / 255
    if person.glasses:
        drawing_face.draw_glasses(canvas, person, camera, project, (0.08, 0.07, 0.07))
    return _with_hair(rng, canvas, hair, True, person, camera)


def _projection(head: Head, camera: Camera) -> drawing_skin.Projection:
    return lambda points: camera.pixels(head.front(np.asarray(points, np.float32)))


def _bytes(canvas: Floats) -> NDArray[np.uint8]:
    return np.asarray(np.clip(canvas * 255 + 0.5, 0, 255), np.uint8)


def _develop(rng: np.random.Generator, canvas: Floats) -> NDArray[np.uint8]:
    """What a camera adds: a curve, a vignette, grain."""
    size = canvas.shape[0]
    line = np.linspace(-1, 1, size, dtype=np.float32) ** 2
    image = np.clip(canvas, 0, 1)
    image = image + 0.1 * (image * image * (3 - 2 * image) - image)
    image = image * (1 - 0.1 * (line[None] + line[:, None]))[..., None]
    grain = rng.standard_normal((size, size, 1), np.float32) * float(rng.uniform(0.004, 0.011))
    return _bytes(soften(image, 0.45) + grain)
