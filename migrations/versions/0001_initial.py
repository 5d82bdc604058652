"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "images",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("format", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("orientation", sa.Integer(), nullable=False),
        sa.Column("first_seen", sa.DateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_images")),
        sa.UniqueConstraint("sha256", name=op.f("uq_images_sha256")),
    )
    op.create_table(
        "labelers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("sensitivity", sa.Float(), nullable=True),
        sa.Column("specificity", sa.Float(), nullable=True),
        sa.CheckConstraint("role in ('labeler', 'reviewer', 'owner')", name=op.f("ck_labelers_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labelers")),
        sa.UniqueConstraint("name", name=op.f("uq_labelers_name")),
    )
    op.create_table(
        "models",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("labels", sa.Integer(), nullable=False),
        sa.Column("last_seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_models")),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("set_name", sa.String(length=80), nullable=True),
        sa.Column("set_digest", sa.String(length=64), nullable=True),
        sa.Column("started", sa.DateTime(), nullable=False),
        sa.Column("images", sa.BigInteger(), nullable=False),
        sa.Column("config", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("name", name=op.f("uq_runs_name")),
    )
    op.create_table(
        "selections",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("rule", sa.JSON(), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("kept", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_selections")),
        sa.UniqueConstraint("name", "version", name=op.f("uq_selections_name_version")),
    )
    op.create_table(
        "accesses",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("labeler_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("secret_sha256", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("expires", sa.DateTime(), nullable=False),
        sa.Column("used", sa.DateTime(), nullable=True),
        sa.Column("revoked", sa.DateTime(), nullable=True),
        sa.CheckConstraint("kind in ('link', 'cookie')", name=op.f("ck_accesses_kind")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labelers.id"], name=op.f("fk_accesses_labeler_id_labelers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accesses")),
        sa.UniqueConstraint("secret_sha256", name=op.f("uq_accesses_secret_sha256")),
    )
    op.create_index(op.f("ix_accesses_labeler_id"), "accesses", ["labeler_id"], unique=False)
    op.create_table(
        "faces",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("left", sa.Integer(), nullable=False),
        sa.Column("top", sa.Integer(), nullable=False),
        sa.Column("right", sa.Integer(), nullable=False),
        sa.Column("bottom", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("detector", sa.String(length=32), nullable=False),
        sa.Column("landmarks", sa.JSON(), nullable=False),
        sa.Column("yaw", sa.Float(), nullable=False),
        sa.Column("pitch", sa.Float(), nullable=False),
        sa.Column("roll", sa.Float(), nullable=False),
        sa.Column("descriptor", sa.LargeBinary(), nullable=True),
        sa.Column("chip", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_faces_image_id_images")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_faces")),
        sa.UniqueConstraint("image_id", "rank", name=op.f("uq_faces_image_id_rank")),
    )
    op.create_table(
        "files",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("seen", sa.DateTime(), nullable=False),
        sa.CheckConstraint("state in ('ok', 'bad', 'missing')", name=op.f("ck_files_state")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_files_image_id_images")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("path", name=op.f("uq_files_path")),
    )
    op.create_index(op.f("ix_files_image_id"), "files", ["image_id"], unique=False)
    op.create_index(op.f("ix_files_state"), "files", ["state"], unique=False)
    op.create_table(
        "labels",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("uuid", sa.String(length=36), nullable=False),
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("labeler_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=False),
        sa.Column("undoes", sa.String(length=36), nullable=True),
        sa.Column("reason", sa.String(length=16), nullable=True),
        sa.Column("decided", sa.DateTime(), nullable=False),
        sa.Column("received", sa.DateTime(), nullable=False),
        sa.Column("milliseconds", sa.Integer(), nullable=True),
        sa.Column("how", sa.String(length=16), nullable=False),
        sa.Column("rendition", sa.String(length=40), nullable=True),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.CheckConstraint("(verdict = 'undo') = (undoes is not null)", name=op.f("ck_labels_undoes")),
        sa.CheckConstraint("verdict in ('good', 'bad', 'skip', 'undo')", name=op.f("ck_labels_verdict")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_labels_image_id_images")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labelers.id"], name=op.f("fk_labels_labeler_id_labelers")),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_labels")),
        sa.UniqueConstraint("uuid", name=op.f("uq_labels_uuid")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        op.f("ix_labels_image_id_labeler_id_seq"), "labels", ["image_id", "labeler_id", "seq"], unique=False
    )
    op.create_index(op.f("ix_labels_labeler_id_seq"), "labels", ["labeler_id", "seq"], unique=False)
    op.create_index(op.f("ix_labels_purpose_image_id"), "labels", ["purpose", "image_id"], unique=False)
    op.create_index(op.f("ix_labels_undoes"), "labels", ["undoes"], unique=False)
    op.create_table(
        "measures",
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("sharpness", sa.Float(), nullable=True),
        sa.Column("sharpness_scale", sa.Float(), nullable=True),
        sa.Column("sharpness_128", sa.Float(), nullable=True),
        sa.Column("brightness", sa.Float(), nullable=True),
        sa.Column("contrast", sa.Float(), nullable=True),
        sa.Column("exposure", sa.Float(), nullable=True),
        sa.Column("overexposed", sa.Float(), nullable=True),
        sa.Column("underexposed", sa.Float(), nullable=True),
        sa.Column("dynamic_range", sa.Float(), nullable=True),
        sa.Column("evenness", sa.Float(), nullable=True),
        sa.Column("face_colourfulness", sa.Float(), nullable=True),
        sa.Column("face_chroma", sa.Float(), nullable=True),
        sa.Column("face_tint_spread", sa.Float(), nullable=True),
        sa.Column("eye_distance", sa.Float(), nullable=True),
        sa.Column("face_share", sa.Float(), nullable=True),
        sa.Column("second_face", sa.Float(), nullable=True),
        sa.Column("outside", sa.Float(), nullable=True),
        sa.Column("eyes_open", sa.Float(), nullable=True),
        sa.Column("mouth_open", sa.Float(), nullable=True),
        sa.Column("misfit", sa.Float(), nullable=True),
        sa.Column("chin_tint", sa.Float(), nullable=True),
        sa.Column("chin_light", sa.Float(), nullable=True),
        sa.Column("lips_red", sa.Float(), nullable=True),
        sa.Column("mouth_contrast", sa.Float(), nullable=True),
        sa.Column("eye_contrast", sa.Float(), nullable=True),
        sa.Column("picture_sharpness", sa.Float(), nullable=True),
        sa.Column("picture_brightness", sa.Float(), nullable=True),
        sa.Column("picture_contrast", sa.Float(), nullable=True),
        sa.Column("entropy", sa.Float(), nullable=True),
        sa.Column("flat", sa.Float(), nullable=True),
        sa.Column("white", sa.Float(), nullable=True),
        sa.Column("black", sa.Float(), nullable=True),
        sa.Column("peak", sa.Float(), nullable=True),
        sa.Column("kurtosis", sa.Float(), nullable=True),
        sa.Column("colourfulness", sa.Float(), nullable=True),
        sa.Column("chroma", sa.Float(), nullable=True),
        sa.Column("tint_spread", sa.Float(), nullable=True),
        sa.Column("jpeg_quality", sa.Float(), nullable=True),
        sa.Column("scale_ratio", sa.Float(), nullable=True),
        sa.Column("blockiness", sa.Float(), nullable=True),
        sa.Column("noise", sa.Float(), nullable=True),
        sa.Column("halftone_peak", sa.Float(), nullable=True),
        sa.Column("anisotropy", sa.Float(), nullable=True),
        sa.Column("detail", sa.Float(), nullable=True),
        sa.Column("resolution", sa.Float(), nullable=True),
        sa.Column("blur", sa.Float(), nullable=True),
        sa.Column("motion_blur", sa.Float(), nullable=True),
        sa.Column("halftone", sa.Float(), nullable=True),
        sa.Column("jpeg", sa.Float(), nullable=True),
        sa.Column("upscaled", sa.Float(), nullable=True),
        sa.Column("grey", sa.Float(), nullable=True),
        sa.Column("drawing", sa.Float(), nullable=True),
        sa.Column("painting", sa.Float(), nullable=True),
        sa.Column("occlusion", sa.Float(), nullable=True),
        sa.Column("bad_exposure", sa.Float(), nullable=True),
        sa.Column("phash", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_measures_image_id_images")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_measures")),
    )
    op.create_index(op.f("ix_measures_phash"), "measures", ["phash"], unique=False)
    op.create_table(
        "predictions",
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("model_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("quality", sa.Float(), nullable=False),
        sa.Column("reasons", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_predictions_image_id_images")),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name=op.f("fk_predictions_model_id_models")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_predictions")),
    )
    op.create_index(op.f("ix_predictions_quality"), "predictions", ["quality"], unique=False)
    op.create_table(
        "queue",
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False),
        sa.Column("opinions", sa.Integer(), nullable=False),
        sa.Column("dice", sa.Float(), nullable=False),
        sa.Column("place", sa.Float(), nullable=True),
        sa.CheckConstraint("state in ('open', 'closed', 'unreadable')", name=op.f("ck_queue_state")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_queue_image_id_images")),
        sa.PrimaryKeyConstraint("image_id", name=op.f("pk_queue")),
    )
    op.create_index(op.f("ix_queue_state_dice"), "queue", ["state", "dice"], unique=False)
    op.create_index(op.f("ix_queue_state_place"), "queue", ["state", "place"], unique=False)
    op.create_table(
        "selection_images",
        sa.Column("selection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("kept", sa.Boolean(create_constraint=True, name="kept"), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_selection_images_image_id_images")),
        sa.ForeignKeyConstraint(
            ["selection_id"], ["selections.id"], name=op.f("fk_selection_images_selection_id_selections")
        ),
        sa.PrimaryKeyConstraint("selection_id", "image_id", name=op.f("pk_selection_images")),
    )
    op.create_index(op.f("ix_selection_images_image_id"), "selection_images", ["image_id"], unique=False)
    op.create_index(
        op.f("ix_selection_images_selection_id_rule"), "selection_images", ["selection_id", "rule"], unique=False
    )
    op.create_table(
        "sets",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("selection_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created", sa.DateTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("left_out", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("options", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["selection_id"], ["selections.id"], name=op.f("fk_sets_selection_id_selections")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sets")),
        sa.UniqueConstraint("name", name=op.f("uq_sets_name")),
    )
    op.create_table(
        "leases",
        sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("labeler_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("access_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("until", sa.DateTime(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["access_id"], ["accesses.id"], name=op.f("fk_leases_access_id_accesses")),
        sa.ForeignKeyConstraint(["image_id"], ["images.id"], name=op.f("fk_leases_image_id_images")),
        sa.ForeignKeyConstraint(["labeler_id"], ["labelers.id"], name=op.f("fk_leases_labeler_id_labelers")),
        sa.PrimaryKeyConstraint("image_id", "labeler_id", name=op.f("pk_leases")),
    )
    op.create_index(op.f("ix_leases_access_id"), "leases", ["access_id"], unique=False)
    op.create_index(op.f("ix_leases_until"), "leases", ["until"], unique=False)
