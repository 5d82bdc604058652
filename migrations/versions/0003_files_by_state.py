"""Files by state and image: SQLite took the index of the state alone, and looked at all files to find an image's."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Put one index in the other's place."""
    op.drop_index("ix_files_state", "files")
    op.create_index("ix_files_state_image_id", "files", ["state", "image_id"])
