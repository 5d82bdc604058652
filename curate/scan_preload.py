"""What the workers of a scan share: imported once by the process that forks them, so that each starts at once."""

from contextlib import suppress

from curate.errors import UserError
from curate.faces import warm_up

with suppress(UserError):  # a missing model is reported by the scan itself
    warm_up()
