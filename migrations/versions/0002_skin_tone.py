"""The tone of the skin beside the other measures; chips are larger from here on, which needs no change."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; the next scan fills it."""
    with op.batch_alter_table("measures") as table:
        table.add_column(sa.Column("skin_tone", sa.Float(), nullable=True))
