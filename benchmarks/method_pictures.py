"""The figures of docs/method.md, from the code that they show: python -m benchmarks.method_pictures docs/pictures"""

from __future__ import annotations

import argparse
import base64
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.svg import INK, QUIET, Page
from curate.align import align
from curate.drawing import draw_portrait
from curate.files import write_atomically
from curate.guides import REGIONS, draw_guide, small_face
from curate.pixels import encode_png, encode_webp
from infer.blend import axis_weights
from infer.sheet import contact_sheet
from infer.tiles import Plan, plan
from train.networks.jnet import JNet

Pixels = NDArray[np.uint8]

SEED, SIZE = 11, 768
SIDE, EXTENT, TILE = 96, 128, 32
CHOSEN = 5  # the tile that is followed through the picture: over an eye
RED, BLUE = "#d1242f", "#0969da"


def main() -> None:
    """Draw all four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", type=Path)
    target: Path = parser.parse_args().target
    torch.set_num_threads(1)
    face, landmarks = drawn_face()
    pictures = {
        "method-pipeline.svg": pipeline(face, landmarks).bytes(),
        "method-guide.webp": encode_webp(guides(face, landmarks), 82),
        "method-jnet.svg": jnet().bytes(),
        "method-tiles.svg": tiles(face).bytes(),
    }
    for name, data in pictures.items():
        write_atomically(target / name, data)


def drawn_face() -> tuple[Pixels, NDArray[np.float64]]:
    """The aligned face of a drawn portrait, and its landmarks as 0..1 of the square."""
    portrait = draw_portrait(np.random.default_rng(SEED), 1024)
    aligned = align(portrait.image, portrait.landmarks, SIZE)
    return aligned.face, aligned.landmarks


def pipeline(face: Pixels, landmarks: NDArray[np.float64]) -> Page:
    """From noise to a portrait; the drawn face stands where the networks paint."""
    small, guide = small_face(face, EXTENT), draw_guide(landmarks, EXTENT)
    stacked = [cv2.resize(one, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for one in (small, guide)]
    found = plan(SIDE, SIDE)
    tile = found.tiles[CHOSEN]
    crops = [one[tile.top : tile.top + TILE, tile.left : tile.left + TILE] for one in stacked]
    large = face[8 * tile.top :, 8 * tile.left :][: 8 * TILE, : 8 * TILE]

    page = Page(1130, 384, "From 100 numbers to a portrait in tiles")
    for row, value in enumerate(np.random.default_rng(SEED).standard_normal(20)):
        level = int(np.clip(128 + 50 * value, 0, 255))
        page.box(24, 40 + 7 * row, 18, 7, fill=f"rgb({level},{level},{level})")
    page.text(33, 200, "z", size=14)
    page.arrow(50, 110, 104, 110, "DCGAN")
    page.picture(112, 40, 140, png(small), pixelated=True)
    page.text(182, 32, "small face, 128")
    page.arrow(182, 184, 182, 216)
    page.text(190, 205, "68 landmarks", anchor="start")
    page.picture(112, 220, 140, png(guide))
    page.text(182, 376, "guide, 128")
    page.arrow(258, 110, 318, 160)
    page.arrow(258, 290, 318, 240)
    page.picture(326, 110, 150, png(stacked[0]), pixelated=True)
    page.picture(350, 134, 150, png(stacked[1]), pixelated=True)
    scale = 150 / SIDE
    page.frame(350 + scale * tile.left, 134 + scale * tile.top, scale * TILE, RED)
    page.text(413, 102, "96 x 96 x 6")
    page.arrow(508, 200, 558, 200, "crop")
    page.picture(566, 150, 88, png(crops[0]), pixelated=True)
    page.picture(582, 166, 88, png(crops[1]), pixelated=True)
    page.frame(582, 166, 88, RED)
    page.text(618, 142, "32 x 32 x 6")
    page.arrow(678, 200, 728, 200, "J-net")
    page.picture(736, 140, 128, webp(large, 256))
    page.frame(736, 140, 128, RED)
    page.text(800, 132, "256 x 256")
    page.arrow(870, 200, 914, 200, "blend")
    page.picture(922, 100, 200, webp(face, 400))
    scale = 200 / SIDE
    for one in found:
        page.frame(922 + scale * one.left, 100 + scale * one.top, scale * TILE, "#ffffff", 0.7)
    page.frame(922 + scale * tile.left, 100 + scale * tile.top, scale * TILE, RED)
    page.text(1022, 92, "portrait, 768")
    return page


def guides(face: Pixels, landmarks: NDArray[np.float64]) -> Pixels:
    """A drawn face with its 68 points, the guide in colours, and the six regions as channels."""
    pointed = face.copy()
    for x, y in landmarks * SIZE:
        cv2.circle(pointed, (round(x), round(y)), 5, (255, 255, 255), -1, cv2.LINE_AA)
        cv2.circle(pointed, (round(x), round(y)), 5, (20, 20, 20), 1, cv2.LINE_AA)
    regions = draw_guide(landmarks, EXTENT, "regions")
    large = [("68 points on a drawn face", pointed), ("the guide, as the article has it", draw_guide(landmarks, 384))]
    small = [(name, np.repeat(regions[..., k, None], 3, axis=2)) for k, name in enumerate(REGIONS)]
    upper = contact_sheet(large, 392, columns=2)
    lower = contact_sheet(small, 125, columns=6)
    width = max(upper.shape[1], lower.shape[1])
    return np.concatenate([padded(upper, width), padded(lower, width)])


def padded(sheet: Pixels, width: int) -> Pixels:
    """A sheet with paper to its right, up to a width."""
    return np.pad(sheet, ((0, 0), (0, width - sheet.shape[1]), (0, 0)), mode="edge")


def layers() -> Iterator[tuple[str, int, int]]:
    """The maps of the article's J-net as it runs: encoder or decoder, channels, extent."""
    network = JNet(encoder="text")
    seen: list[tuple[str, int, int]] = [("encoder", 6, TILE)]

    def watch(part: str) -> Callable[[nn.Module, object, Tensor], None]:
        return lambda _module, _inputs, output: seen.append((part, output.shape[1], output.shape[2]))

    for part in ("encoder", "decoder"):
        for module in getattr(network, part):
            module.register_forward_hook(watch(part))
    network.output.register_forward_hook(watch("output"))
    with torch.inference_mode():
        network(torch.zeros(1, 6, TILE, TILE))
    yield from seen


def jnet() -> Page:
    """The J: five halvings down, eight doublings up; what is beside each other is handed across."""
    page = Page(760, 470, "The J-net")
    places: dict[tuple[str, int], tuple[float, float]] = {}
    for part, channels, extent in layers():
        wide = 14 + 5.5 * channels**0.5
        x = {"encoder": 180.0, "decoder": 470.0, "output": 670.0}[part]
        y = 425 - 46 * float(np.log2(extent))
        colour = {"encoder": "#54aeff", "decoder": "#4ac26b", "output": "#ffb77c"}[part]
        page.box(x - wide / 2, y - 11, wide, 22, fill=colour)
        page.text(x, y + 4, f"{channels}", size=11)
        places[part, extent] = (x - wide / 2, x + wide / 2)
        if part == "encoder":
            page.text(36, y + 4, f"{extent} x {extent}", size=11, anchor="start", colour=QUIET)
        if part == "decoder":
            page.text(x + wide / 2 + 8, y + 4, f"{extent} x {extent}", size=11, anchor="start", colour=QUIET)
    rows = {extent: 425 - 46 * float(np.log2(extent)) for _, extent in places}
    for part, extent in places:
        if part == "encoder" and ("decoder", extent) in places:
            page.arrow(places[part, extent][1] + 6, rows[extent], places["decoder", extent][0] - 6, rows[extent])
        if part != "output" and extent > 1:
            axis = 470 if part == "decoder" else 180
            page.line(axis, rows[extent] + 11, axis, rows[extent] + 35)
    page.line(180, 436, 180, 450)
    page.line(180, 450, 470, 450)
    page.line(470, 450, 470, 390)
    page.arrow(places["decoder", 256][1] + 74, rows[256], places["output", 256][0] - 4, rows[256])
    page.text(180, rows[32] - 22, "picture and guide in")
    page.text(325, rows[32] - 8, "handed across", size=11, colour=QUIET)
    page.text(670, rows[256] - 20, "tile out")
    return page


def tiles(face: Pixels) -> Page:
    """Both grids over the small face, and the weight of each tile along one axis."""
    page = Page(760, 470, "Tile grids")
    grid(page, face, plan(SIDE, SIDE, TILE, 10), 20, "16 tiles, sharing 10 or 11 pixels")
    grid(page, face, plan(SIDE, SIDE, TILE, 16), 400, "25 tiles, sharing half (--faithful)")
    return page


def grid(page: Page, face: Pixels, found: Plan, left: float, caption: str) -> None:
    """One grid: its tiles over the face, and under it the weights across."""
    side, top = 340, 40
    scale = side / SIDE
    page.text(left + side / 2, 26, caption, size=14)
    page.picture(left, top, side, webp(small_face(face, SIDE), SIDE), pixelated=True)
    for tile in found:
        page.frame(left + scale * tile.left, top + scale * tile.top, scale * TILE, "#ffffff", 0.9)
    middle = found.tiles[len(found.lefts) + 1]
    page.frame(left + scale * middle.left, top + scale * middle.top, scale * TILE, RED)
    weights = axis_weights(found.lefts, TILE, found.scale)
    for number, (start, weight) in enumerate(zip(found.lefts, weights, strict=True)):
        points = [
            (left + scale * (start + k / found.scale), 450 - 50 * float(weight[k])) for k in range(0, len(weight), 4)
        ]
        page.curve(points, RED if number == middle.column else BLUE)
    page.line(left, 450, left + side, 450, INK)
    page.text(left + side / 2, 466, "weight of each tile along a row: they sum to 1", size=11, colour=QUIET)


def png(picture: Pixels) -> str:
    """A small picture as a data URL, without loss."""
    return "data:image/png;base64," + base64.b64encode(encode_png(picture)).decode()


def webp(picture: Pixels, side: int) -> str:
    """A picture as a data URL, brought to a side."""
    smaller = np.asarray(cv2.resize(picture, (side, side), interpolation=cv2.INTER_AREA), np.uint8)
    return "data:image/webp;base64," + base64.b64encode(encode_webp(smaller, 80)).decode()


if __name__ == "__main__":
    main()
