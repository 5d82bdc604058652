"""The tables of a workspace's database, typed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

VERDICTS = ("good", "bad", "skip", "undo")
ROLES = ("labeler", "reviewer", "owner")


def now() -> dt.datetime:
    """The current time in UTC."""
    return dt.datetime.now(dt.UTC)


class UtcTime(TypeDecorator[dt.datetime]):
    """A time in UTC; SQLite keeps no zone, so it is taken off on the way in and put back on the way out."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else value.astimezone(dt.UTC).replace(tzinfo=None)

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        return None if value is None else value.replace(tzinfo=dt.UTC)


# SQLite gives ids by itself only to a column that is called INTEGER
Id = BigInteger().with_variant(Integer, "sqlite")


class Base(DeclarativeBase):
    """What all tables share: names of constraints that a migration can address."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Image(Base):
    """A picture, known by the SHA-256 of its file's bytes wherever that file lies."""

    __tablename__ = "images"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64), unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(16))
    width: Mapped[int] = mapped_column(Integer)  # of the upright picture
    height: Mapped[int] = mapped_column(Integer)
    orientation: Mapped[int] = mapped_column(Integer, default=1)  # EXIF, 1..8, as found
    first_seen: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)


class File(Base):
    """A path that was looked at: an image's place, or a file that is no usable image and why."""

    __tablename__ = "files"
    __table_args__ = (
        CheckConstraint("state in ('ok', 'bad', 'missing')", name="state"),
        Index(None, "image_id"),
        Index(None, "state", "image_id"),  # of the state alone, SQLite would look at all files that are there
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    path: Mapped[str] = mapped_column(Text, unique=True)
    bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str | None] = mapped_column(String(64))
    image_id: Mapped[int | None] = mapped_column(ForeignKey("images.id"))
    state: Mapped[str] = mapped_column(String(8))
    reason: Mapped[str | None] = mapped_column(Text)
    seen: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)


class Measures(Base):
    """Numbers about an image, a column each; what a number means stands in `curate.measures`."""

    __tablename__ = "measures"

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    # the main face; null where none was found
    sharpness: Mapped[float | None] = mapped_column(Float)
    sharpness_scale: Mapped[float | None] = mapped_column(Float)
    sharpness_128: Mapped[float | None] = mapped_column(Float)
    brightness: Mapped[float | None] = mapped_column(Float)
    contrast: Mapped[float | None] = mapped_column(Float)
    exposure: Mapped[float | None] = mapped_column(Float)
    overexposed: Mapped[float | None] = mapped_column(Float)
    underexposed: Mapped[float | None] = mapped_column(Float)
    dynamic_range: Mapped[float | None] = mapped_column(Float)
    evenness: Mapped[float | None] = mapped_column(Float)
    face_colourfulness: Mapped[float | None] = mapped_column(Float)
    face_chroma: Mapped[float | None] = mapped_column(Float)
    face_tint_spread: Mapped[float | None] = mapped_column(Float)
    eye_distance: Mapped[float | None] = mapped_column(Float)
    face_share: Mapped[float | None] = mapped_column(Float)
    second_face: Mapped[float | None] = mapped_column(Float)
    outside: Mapped[float | None] = mapped_column(Float)
    eyes_open: Mapped[float | None] = mapped_column(Float)
    mouth_open: Mapped[float | None] = mapped_column(Float)
    misfit: Mapped[float | None] = mapped_column(Float)
    chin_tint: Mapped[float | None] = mapped_column(Float)
    chin_light: Mapped[float | None] = mapped_column(Float)
    lips_red: Mapped[float | None] = mapped_column(Float)
    mouth_contrast: Mapped[float | None] = mapped_column(Float)
    eye_contrast: Mapped[float | None] = mapped_column(Float)
    skin_tone: Mapped[float | None] = mapped_column(Float)  # described, never learned from
    # the whole picture
    picture_sharpness: Mapped[float | None] = mapped_column(Float)
    picture_brightness: Mapped[float | None] = mapped_column(Float)
    picture_contrast: Mapped[float | None] = mapped_column(Float)
    entropy: Mapped[float | None] = mapped_column(Float)
    flat: Mapped[float | None] = mapped_column(Float)
    white: Mapped[float | None] = mapped_column(Float)
    black: Mapped[float | None] = mapped_column(Float)
    peak: Mapped[float | None] = mapped_column(Float)
    kurtosis: Mapped[float | None] = mapped_column(Float)
    colourfulness: Mapped[float | None] = mapped_column(Float)
    chroma: Mapped[float | None] = mapped_column(Float)
    tint_spread: Mapped[float | None] = mapped_column(Float)
    jpeg_quality: Mapped[float | None] = mapped_column(Float)
    # native pixels round the face
    scale_ratio: Mapped[float | None] = mapped_column(Float)
    blockiness: Mapped[float | None] = mapped_column(Float)
    noise: Mapped[float | None] = mapped_column(Float)
    halftone_peak: Mapped[float | None] = mapped_column(Float)
    anisotropy: Mapped[float | None] = mapped_column(Float)
    detail: Mapped[float | None] = mapped_column(Float)
    resolution: Mapped[float | None] = mapped_column(Float)
    # defects, 0..1, higher is worse: `curate.detectors`
    blur: Mapped[float | None] = mapped_column(Float)
    motion_blur: Mapped[float | None] = mapped_column(Float)
    halftone: Mapped[float | None] = mapped_column(Float)
    jpeg: Mapped[float | None] = mapped_column(Float)
    upscaled: Mapped[float | None] = mapped_column(Float)
    grey: Mapped[float | None] = mapped_column(Float)
    drawing: Mapped[float | None] = mapped_column(Float)
    painting: Mapped[float | None] = mapped_column(Float)
    occlusion: Mapped[float | None] = mapped_column(Float)
    bad_exposure: Mapped[float | None] = mapped_column(Float)
    phash: Mapped[str | None] = mapped_column(String(16), index=True)


class Face(Base):
    """A face in an image, in pixels of the upright picture; rank 0 is the main one."""

    __tablename__ = "faces"
    __table_args__ = (UniqueConstraint("image_id", "rank"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    rank: Mapped[int] = mapped_column(Integer)
    left: Mapped[int] = mapped_column(Integer)
    top: Mapped[int] = mapped_column(Integer)
    right: Mapped[int] = mapped_column(Integer)
    bottom: Mapped[int] = mapped_column(Integer)
    score: Mapped[float] = mapped_column(Float)
    detector: Mapped[str] = mapped_column(String(32))
    landmarks: Mapped[list[list[float]]] = mapped_column(JSON)  # 68 pairs x, y
    yaw: Mapped[float] = mapped_column(Float)  # degrees
    pitch: Mapped[float] = mapped_column(Float)
    roll: Mapped[float] = mapped_column(Float)
    descriptor: Mapped[bytes | None] = mapped_column(LargeBinary)  # 128 little-endian float32
    chip: Mapped[bytes | None] = mapped_column(LargeBinary)  # 48 x 48 grey, upright and aligned, to find copies by


class Labeler(Base):
    """A person who labels."""

    __tablename__ = "labelers"
    __table_args__ = (CheckConstraint("role in ('labeler', 'reviewer', 'owner')", name="role"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    role: Mapped[str] = mapped_column(String(16), default="labeler")
    created: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)
    sensitivity: Mapped[float | None] = mapped_column(Float)  # how often a good image is called good, as estimated
    specificity: Mapped[float | None] = mapped_column(Float)  # how often a bad image is called bad


class Access(Base):
    """A link or a browser's cookie that lets a person in; only the hash of its secret is kept."""

    __tablename__ = "accesses"
    __table_args__ = (CheckConstraint("kind in ('link', 'cookie')", name="kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.id"), index=True)
    kind: Mapped[str] = mapped_column(String(8))
    secret_sha256: Mapped[str] = mapped_column(String(64), unique=True)
    created: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)
    expires: Mapped[dt.datetime] = mapped_column(UtcTime)
    used: Mapped[dt.datetime | None] = mapped_column(UtcTime)
    revoked: Mapped[dt.datetime | None] = mapped_column(UtcTime)


class Label(Base):
    """One event of one person about one image; never changed, never deleted but by `forget`."""

    __tablename__ = "labels"
    __table_args__ = (
        CheckConstraint("verdict in ('good', 'bad', 'skip', 'undo')", name="verdict"),
        CheckConstraint("(verdict = 'undo') = (undoes is not null)", name="undoes"),
        Index(None, "image_id", "labeler_id", "seq"),
        Index(None, "labeler_id", "seq"),
        Index(None, "undoes"),
        Index(None, "purpose", "image_id"),
        {"sqlite_autoincrement": True},  # a number is never given out twice, also after `forget`
    )

    seq: Mapped[int] = mapped_column(Id, primary_key=True)  # the order in which the server heard of it
    uuid: Mapped[str] = mapped_column(String(36), unique=True)  # made by the client: the same event never counts twice
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"))
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.id"))
    verdict: Mapped[str] = mapped_column(String(8))
    undoes: Mapped[str | None] = mapped_column(String(36))  # the uuid of the event taken back
    reason: Mapped[str | None] = mapped_column(String(16))
    decided: Mapped[dt.datetime] = mapped_column(UtcTime)  # by the labeler's clock
    received: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)
    milliseconds: Mapped[int | None] = mapped_column(Integer)  # from shown to decided
    how: Mapped[str] = mapped_column(String(16))  # swipe, button, key, tap, grid, history, program, import
    rendition: Mapped[str | None] = mapped_column(String(40))  # what was looked at: "face 640x640 on 390x844"
    purpose: Mapped[str] = mapped_column(String(16), default="queue")  # queue, random, repeat, gold, review, change


class Lease(Base):
    """An image that is on somebody's phone until a time, so that nobody else gets it."""

    __tablename__ = "leases"
    __table_args__ = (Index(None, "until"),)

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"), primary_key=True)
    labeler_id: Mapped[int] = mapped_column(ForeignKey("labelers.id"), primary_key=True)
    access_id: Mapped[int] = mapped_column(ForeignKey("accesses.id"), index=True)  # whose browser holds it
    until: Mapped[dt.datetime] = mapped_column(UtcTime)
    purpose: Mapped[str] = mapped_column(String(16), default="queue")


class QueueEntry(Base):
    """An image's place in the order of labeling, and whether it still wants opinions; derived, can be made again."""

    __tablename__ = "queue"
    __table_args__ = (
        CheckConstraint("state in ('open', 'closed', 'unreadable')", name="state"),
        Index(None, "state", "dice"),
        Index(None, "state", "place"),
    )

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"), primary_key=True)
    state: Mapped[str] = mapped_column(String(10), default="open")
    opinions: Mapped[int] = mapped_column(Integer, default=0)  # people whose verdict on it stands
    dice: Mapped[float] = mapped_column(Float)  # 0..1, drawn from the hash: the random order
    place: Mapped[float | None] = mapped_column(Float)  # the place in an order of another kind, null where it has none


class Model(Base):
    """A quality model: its recipe and arrays, and the labels it learned from."""

    __tablename__ = "models"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    created: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)
    recipe: Mapped[dict[str, Any]] = mapped_column(JSON)
    labels: Mapped[int] = mapped_column(Integer)
    last_seq: Mapped[int] = mapped_column(Integer)  # labels up to this one were used


class Prediction(Base):
    """What a quality model says of an image: the probability that a careful person would say good."""

    __tablename__ = "predictions"
    __table_args__ = (Index(None, "quality"),)

    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"), primary_key=True)
    model_id: Mapped[int] = mapped_column(ForeignKey("models.id"))
    quality: Mapped[float] = mapped_column(Float)  # 0..1
    reasons: Mapped[list[Any]] = mapped_column(JSON, default=list)


class Selection(Base):
    """A named, reproducible subset: the rule that made it, and when."""

    __tablename__ = "selections"
    __table_args__ = (UniqueConstraint("name", "version"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    version: Mapped[int] = mapped_column(Integer)
    rule: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # [{"rule", "value"}] in the order of application
    created: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)
    kept: Mapped[int] = mapped_column(Integer)
    left_out: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 over the kept images' hashes, in order


class SelectionImage(Base):
    """An image's place in a selection: kept, or left out and by which rule."""

    __tablename__ = "selection_images"
    __table_args__ = (Index(None, "image_id"), Index(None, "selection_id", "rule"))

    selection_id: Mapped[int] = mapped_column(ForeignKey("selections.id"), primary_key=True)
    image_id: Mapped[int] = mapped_column(ForeignKey("images.id"), primary_key=True)
    kept: Mapped[bool] = mapped_column(Boolean(create_constraint=True, name="kept"))
    rule: Mapped[str | None] = mapped_column(String(40))  # the option that removed it, such as min_sharpness
    reason: Mapped[str | None] = mapped_column(Text)


class TrainingSet(Base):
    """A set that was written from a selection."""

    __tablename__ = "sets"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    path: Mapped[str] = mapped_column(Text)
    selection_id: Mapped[int | None] = mapped_column(ForeignKey("selections.id"))
    created: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)
    count: Mapped[int] = mapped_column(Integer)
    left_out: Mapped[int] = mapped_column(Integer, default=0)
    digest: Mapped[str] = mapped_column(String(64))
    options: Mapped[dict[str, Any]] = mapped_column(JSON)


class Run(Base):
    """A training run's folder, as it was when last looked at."""

    __tablename__ = "runs"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    path: Mapped[str] = mapped_column(Text)
    stage: Mapped[str] = mapped_column(String(8))
    set_name: Mapped[str | None] = mapped_column(String(80))
    set_digest: Mapped[str | None] = mapped_column(String(64))
    started: Mapped[dt.datetime] = mapped_column(UtcTime, default=now)
    images: Mapped[int] = mapped_column(BigInteger, default=0)
    config: Mapped[dict[str, Any]] = mapped_column(JSON)
