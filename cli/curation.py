"""Commands from the pile to a set: samples, scan, judge, filter, guides."""

from __future__ import annotations

import click  # noqa: F401 - commands stand below
