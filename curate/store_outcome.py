"""The table in which a filter builds its outcome, temporary: every image, and the rule that left it out."""

from __future__ import annotations

import sqlalchemy as sa

CHUNK = 10_000  # images held in memory at a time

Outcome = sa.Table(
    "filter_outcome",
    sa.MetaData(),
    sa.Column("image_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True, autoincrement=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("name", sa.Text),  # of one of its files
    sa.Column("folder", sa.Text),  # that this file lies in
    sa.Column("max_per_folder", sa.BigInteger),  # place in the draw of the rule
    sa.Column("limit", sa.BigInteger),
    sa.Column("rule", sa.String(40)),
    sa.Column("reason", sa.Text),
    prefixes=["TEMPORARY"],
)
