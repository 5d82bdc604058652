"""A real workspace with images whose measures, faces, files and labels are as a test says."""

import hashlib
import itertools
import uuid
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session, sessionmaker

from curate.models import Face, File, Image, Label, Labeler, Measures, Prediction, now
from curate.workspace import Workspace

LANDMARKS = [[float(n), float(n)] for n in range(68)]


class Pile:
    """Adds images to a workspace in tmp_path; every image is there, sharp, and has one face unless said otherwise."""

    def __init__(self, root: Path, first: int = 1, people: dict[str, int] | None = None) -> None:
        self.workspace = Workspace(root)
        self.sessions: sessionmaker[Session] = self.workspace.open()
        self._numbers = itertools.count(first)
        self._people: dict[str, int] = dict(people or {})

    def image(
        self,
        path: str = "",
        *,
        faces: int = 1,
        face_size: int = 300,
        yaw: float = 0,
        pitch: float = 0,
        quality: float | None = None,
        missing: bool = False,
        labels: dict[str, str] | None = None,
        measures: dict[str, Any] | None = None,
        chip: NDArray[np.uint8] | None = None,
        descriptor: NDArray[np.float32] | None = None,
        **columns: Any,
    ) -> int:
        """Add an image; labels: who said what."""
        number = next(self._numbers)
        path = path or f"/photos/{number}.jpg"
        sha256 = hashlib.sha256(str(number).encode()).hexdigest()
        values = {"bytes": 1000, "format": "JPEG", "mode": "RGB", "width": 1000, "height": 1000} | columns
        with self.sessions.begin() as session:
            image = Image(**{"sha256": sha256, "orientation": 1} | values)
            session.add(image)
            session.flush()
            state = "missing" if missing else "ok"
            session.add(File(path=path, bytes=1000, mtime_ns=1, image_id=image.id, sha256=image.sha256, state=state))
            if measures is None or measures:
                session.add(Measures(image_id=image.id, version=1, **{"sharpness": 9.0} | (measures or {})))
            for rank in range(faces):
                face = a_face(image.id, rank, face_size, yaw, None if chip is None else chip.tobytes())
                face.pitch = pitch
                face.descriptor = None if descriptor is None else descriptor.astype("<f4").tobytes()
                session.add(face)
            if quality is not None:
                session.add(Prediction(image_id=image.id, model_id=self._model(session), quality=quality, reasons=[]))
            image_id = image.id
        for who, verdict in (labels or {}).items():
            self.label(image_id, who, verdict)
        return image_id

    def label(self, image_id: int, who: str, verdict: str, **columns: Any) -> str:
        """Add an event; returns its uuid."""
        event = str(uuid.uuid4())
        with self.sessions.begin() as session:
            if who not in self._people:
                person = Labeler(name=who)
                session.add(person)
                session.flush()
                self._people[who] = person.id
            values = {"decided": now(), "how": "swipe", "purpose": "queue"} | columns
            session.add(Label(uuid=event, image_id=image_id, labeler_id=self._people[who], verdict=verdict, **values))
        return event

    def _model(self, session: Session) -> int:
        from curate.models import Model

        model = session.query(Model).first() or Model(recipe={}, labels=0, last_seq=0)
        session.add(model)
        session.flush()
        return model.id


def a_face(image_id: int, rank: int, size: int, yaw: float, chip: bytes | None = None) -> Face:
    """A face of this size, looking this way."""
    return Face(
        image_id=image_id, rank=rank, left=10, top=10, right=10 + size, bottom=10 + size, score=1.0,
        detector="hog-256", landmarks=LANDMARKS, yaw=yaw, pitch=0.0, roll=0.0, chip=chip,
    )  # fmt: skip
