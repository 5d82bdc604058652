"""Every query about pictures that are entered whole, without a scan, to be picked from."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from curate.models import File, Image, Label
from curate.pixels import Header
from curate.store_labels import holds


def known_paths(session: Session) -> dict[str, str | None]:
    """The SHA-256 of every file that is known, by its path."""
    return dict(session.execute(sa.select(File.path, File.sha256)).all())


def add_picture(session: Session, path: Path, sha256: str, header: Header, stat: tuple[int, int]) -> None:
    """Enter a file and the image in it; stat: bytes, and nanoseconds of its last change."""
    size, changed = stat
    image = session.scalar(sa.select(Image).where(Image.sha256 == sha256))
    if image is None:
        image = Image(
            sha256=sha256,
            bytes=size,
            format=header.format,
            mode=header.mode,
            width=header.width,
            height=header.height,
            orientation=header.orientation,
        )
        session.add(image)
        session.flush()
    session.execute(sa.delete(File).where(File.path == str(path)))
    session.add(
        File(path=str(path), bytes=size, mtime_ns=changed, sha256=sha256, image_id=image.id, state="ok", reason=None)
    )


def verdicts_by_path(session: Session) -> dict[str, str]:
    """The newest verdict that holds on each file's image; of several people's, the last one's."""
    query = (
        sa.select(File.path, Label.verdict)
        .join(Label, Label.image_id == File.image_id)
        .where(holds(), File.state == "ok")
        .order_by(Label.seq)
    )
    return dict(session.execute(query).all())
