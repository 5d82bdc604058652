"""A small workspace with drawn pictures, two labelers, bad files, duplicates, a selection, and a run."""

import datetime as dt
import hashlib
import json
import uuid
from pathlib import Path

import cv2
import numpy as np
from sqlalchemy.orm import Session, sessionmaker

from curate.files import write_json
from curate.models import Face, File, Image, Label, Labeler, Measures, Selection, SelectionImage
from curate.pixels import write_png
from curate.workspace import Workspace

START = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
LIMIT = 14.0  # of sharpness, in the second version of the selection `clean`


class DrawnPile:
    """Twenty faces of rising sharpness (1, 2, ...) and yaw, in 24 files."""

    def __init__(self, root: Path, count: int = 20) -> None:
        self.workspace = Workspace(root / "work")
        self.sessions: sessionmaker[Session] = self.workspace.open()
        self.photos = root / "photos"
        self.photos.mkdir()
        self.images = [self.image(number) for number in range(1, count + 1)]

    def image(self, number: int, *, name: str = "", faces: int = 1, phash: str | None = None) -> int:
        path = draw(self.photos / (name or f"face {number}.jpg"), number)
        sha256, state = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat()
        known = {"bytes": state.st_size, "sha256": sha256}
        with self.sessions.begin() as session:
            image = Image(format="JPEG", mode="RGB", width=160, height=200, orientation=1, **known)
            session.add(image)
            session.flush()
            session.add(File(path=str(path), mtime_ns=state.st_mtime_ns, image_id=image.id, state="ok", **known))
            session.add(
                Measures(image_id=image.id, version=1, sharpness=float(number), phash=phash or spread_hash(number))
            )
            for rank in range(faces):
                session.add(a_face(image.id, rank, yaw=3.0 * number - 30))
            return int(image.id)

    def bad_file(self, name: str, reason: str, state: str = "bad") -> None:
        with self.sessions.begin() as session:
            session.add(File(path=str(self.photos / name), bytes=3, mtime_ns=1, state=state, reason=reason))

    def person(self, name: str) -> int:
        with self.sessions.begin() as session:
            labeler = Labeler(name=name)
            session.add(labeler)
            session.flush()
            return int(labeler.id)

    def label(self, person: int, image: int, verdict: str, minute: int = 0, undoes: str | None = None) -> str:
        event = str(uuid.uuid4())
        when = START + dt.timedelta(minutes=minute)
        with self.sessions.begin() as session:
            session.add(
                Label(
                    uuid=event,
                    image_id=image,
                    labeler_id=person,
                    verdict=verdict,
                    undoes=undoes,
                    decided=when,
                    received=when,
                    milliseconds=1500,
                    how="swipe",
                )
            )
        return event

    def selection(self, version: int, limit: float, minute: int = 60) -> None:
        """Keep what is at least so sharp; of these leave one out as a duplicate."""
        copies = [number for number in range(1, len(self.images) + 1) if number >= limit][-1:]
        with self.sessions.begin() as session:
            left_out = len([number for number in range(1, len(self.images) + 1) if number < limit]) + 1
            chosen = Selection(
                name="clean",
                version=version,
                rule=[{"rule": "min_sharpness", "value": limit}, {"rule": "no_duplicates", "value": True}],
                created=START + dt.timedelta(minutes=minute),
                kept=len(self.images) - left_out,
                left_out=left_out,
                digest="0" * 64,
            )
            session.add(chosen)
            session.flush()
            for number, image in enumerate(self.images, 1):
                why = ("min_sharpness", f"sharpness {number} < {limit:g}") if number < limit else None
                why = ("no_duplicates", "a lesser copy") if number in copies else why
                rule, reason = why or (None, None)
                session.add(
                    SelectionImage(selection_id=chosen.id, image_id=image, kept=why is None, rule=rule, reason=reason)
                )

    def run(self, name: str = "tiny", lines: int = 300, grids: int = 20) -> Path:
        folder = self.workspace.runs / name
        behind = {"name": "clean", "version": 2, "rule": []}
        write_json(
            folder / "config.json",
            {
                "stage": "upres",
                "options": {"batch": 4},
                "set": {"name": "clean", "digest": "abcdef0123456789"},
                "selection": behind,
                "parameters": {"generator": 5_773_939},
            },
        )
        stats = [
            {"images": 4 * n, "seconds": 2.0 * n, "images_per_second": 2 + n / 100}
            | (
                {"pixel_loss": 1 / (1 + n)}
                if n % 50
                else {"lr_psnr": 20 + n / 100, "lr_psnr_bicubic": 25.0, "tiles": 64, "scored": 1}
            )
            for n in range(lines)
        ]
        (folder / "stats.jsonl").write_text("".join(json.dumps(line) + "\n" for line in stats) + '{"images": 12')
        for n in range(grids):
            write_png(folder / "samples" / f"{n * 60:09d}.png", np.full((32, 48, 3), 10 * n, np.uint8))
        (folder / "checkpoints").mkdir()
        (folder / "checkpoints" / "000000600.pt").write_bytes(b"weights")
        return folder


def spread_hash(number: int) -> str:
    """A hash that differs from those of other numbers in many bits."""
    return hashlib.sha256(str(number).encode()).hexdigest()[:16]


def draw(path: Path, number: int) -> Path:
    """A face of a kind: an oval in a colour of its own."""
    canvas = np.full((200, 160, 3), (90 + number, 120, 160), np.uint8)
    cv2.ellipse(canvas, (80, 90), (40, 55), 0, 0, 360, (200 - 5 * number, 190, 220), -1)
    for x in (65, 95):
        cv2.circle(canvas, (x, 80), 5, (40, 30, 20), -1)
    cv2.ellipse(canvas, (80, 115), (15, number), 0, 0, 180, (40, 40, 160), 2)
    assert cv2.imwrite(str(path), canvas)
    return path


def a_face(image: int, rank: int, yaw: float) -> Face:
    box = {"left": 35, "top": 45, "right": 125 - rank, "bottom": 135}
    landmarks = [[80.0, 90.0]] * 68
    angles = {"yaw": yaw, "pitch": 2.0, "roll": 0.0}
    return Face(image_id=image, rank=rank, score=1.5, detector="hog-256", landmarks=landmarks, **box, **angles)


def whole_pile(root: Path) -> DrawnPile:
    """Everything that a report shows."""
    pile = DrawnPile(root)
    pile.images += [pile.image(21, name="nobody.jpg", faces=0), pile.image(22, name="two.jpg", faces=2)]
    pile.images.append(pile.image(23, name="copy.jpg", faces=0, phash=spread_hash(21)))
    pile.bad_file("cut.jpg", "truncated: 12 bytes are missing")
    pile.bad_file("short.jpg", "truncated: 1 byte is missing")
    pile.bad_file("notes.txt", "not a picture")
    pile.bad_file("moved.jpg", "was there on Monday", state="missing")
    ann, bo = pile.person("Ann"), pile.person("Bo")
    for minute, (number, image) in enumerate(enumerate(pile.images[:20], 1)):
        pile.label(ann, image, "good" if number > 8 else "bad", minute)
        if number <= 10:
            pile.label(bo, image, "good" if number > 7 else "bad", minute)
    pile.selection(1, limit=6.0, minute=5)
    pile.selection(2, limit=LIMIT)
    pile.run()
    return pile
