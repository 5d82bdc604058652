"""The README's picture of the road, from what `make demo` left: python -m benchmarks.road_picture demo TARGET.webp"""

from __future__ import annotations

import argparse
import csv
import shutil
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import sync_playwright

from curate.files import write_atomically
from curate.pixels import decode, encode_webp, read_image
from curate.sets import open_set
from curate.workspace import Workspace
from infer.sheet import write
from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer

Pixels = NDArray[np.uint8]

HEIGHT, GAP, CAPTION, PAPER = 480, 28, 30, 250
GOOD, BAD = (46, 160, 67), (207, 34, 46)


def main() -> None:
    """Draw the five steps side by side."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path)
    parser.add_argument("target", type=Path)
    options = parser.parse_args()
    workspace = Workspace(options.demo)
    steps = [
        ("a pile of photos", pile(options.demo / "photos")),
        ("swiped on a phone", phone(options.demo)),
        ("the clean ones aligned, with guides", guides(workspace)),
        ("stage 1 draws small faces", square(read_image(lowres_sample(workspace)))),
        ("stage 2 paints them large", large(workspace)),
    ]
    page = np.concatenate([framed(picture, caption) for caption, picture in steps], axis=1)
    write_atomically(options.target, encode_webp(page, 82))


def pile(photos: Path) -> Pixels:
    """Sixteen photos, each with the colour of its label."""
    with (photos / "truth.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))[:16]
    cells = []
    for row in rows:
        cell = cv2.resize(read_image(photos / row["file"]), (HEIGHT // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
        colour = GOOD if row["label"] == "good" else BAD
        cells.append(cv2.rectangle(cell, (2, 2), (cell.shape[1] - 3, cell.shape[0] - 3), colour, 4))
    return np.concatenate([np.concatenate(cells[row : row + 4], axis=1) for row in range(0, 16, 4)]).astype(np.uint8)


def phone(demo: Path) -> Pixels:
    """The swipe page as a phone shows it, an image half-way to good."""
    scratch = demo / "phone"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    from curate.config import ScanOptions
    from curate.scan import run

    run(Workspace(scratch), ScanOptions(folders=(demo / "photos",)))
    with SwipeServer(Workspace(scratch), SwipeOptions(port=0), seed=3) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844}, device_scale_factor=2, has_touch=True)
        page.goto(server.link("Ann"))
        page.get_by_role("button").first.click()
        page.wait_for_timeout(2500)
        page.mouse.move(195, 400)
        page.mouse.down()
        page.mouse.move(280, 390, steps=8)
        page.wait_for_timeout(300)
        shot = decode(page.screenshot())
        page.mouse.move(195, 400, steps=8)
        page.mouse.up()
        browser.close()
    shutil.rmtree(scratch, ignore_errors=True)
    width = round(HEIGHT * shot.shape[1] / shot.shape[0])
    return np.asarray(cv2.resize(shot, (width, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)


def guides(workspace: Workspace) -> Pixels:
    """Aligned faces and the guides drawn of them."""
    faces = open_set(workspace.set_path("clean"))
    rows = []
    for entry in faces.train[:4]:
        pair = [faces.face(entry), faces.guide(entry)]
        rows.append(
            np.concatenate(
                [cv2.resize(p, (HEIGHT // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA) for p in pair], axis=1
            )
        )
    return np.concatenate(rows).astype(np.uint8)


def lowres_sample(workspace: Workspace) -> Path:
    """The newest sample grid of the first stage."""
    return workspace.run_path("clean-lowres") / "samples" / "latest.png"


def square(grid: Pixels) -> Pixels:
    """The upper left quarter of a sample grid."""
    side = min(grid.shape[:2]) // 2
    return np.asarray(cv2.resize(grid[:side, :side], (HEIGHT, HEIGHT), interpolation=cv2.INTER_CUBIC), np.uint8)


def large(workspace: Workspace) -> Pixels:
    """A held-out face: small, and painted large."""
    from cli.demo_sheet import held_out
    from infer.config import UpresPhotoOptions
    from infer.portrait import Studio, settings_from
    from infer.torch_net import open_generator

    faces = open_set(workspace.set_path("clean"))
    upres = open_generator(workspace.run_path("clean-upres-residual"), "upres")
    settings = settings_from(UpresPhotoOptions(photos=(Path(),), upres=""), upres.card["tile"])
    portraits = list(Studio(upres, settings).portraits(held_out(faces)[2:3]))
    small = cv2.resize(portraits[0].small, (HEIGHT, HEIGHT), interpolation=cv2.INTER_NEAREST)
    big = cv2.resize(portraits[0].picture, (HEIGHT, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.concatenate([small[:, : HEIGHT // 2], big[:, HEIGHT // 2 :]], axis=1).astype(np.uint8)


def framed(picture: Pixels, caption: str) -> Pixels:
    """A step with its caption, on paper."""
    page = np.full((HEIGHT + CAPTION + GAP, picture.shape[1] + GAP, 3), PAPER, np.uint8)
    page[GAP // 2 : GAP // 2 + HEIGHT, GAP // 2 : GAP // 2 + picture.shape[1]] = picture
    write(page, caption, GAP // 2, GAP // 2 + HEIGHT + 6, picture.shape[1])
    return page


if __name__ == "__main__":
    main()
