"""Writing a run where there may be no room for it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from curate.errors import UserError

OF_THE_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO}


class CannotWrite(UserError):
    """A run's folder takes no more."""


@contextmanager
def writable(run: Path) -> Iterator[None]:
    """Within, that the disk is full or takes nothing is said, with what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in OF_THE_DISK:
            raise
        raise CannotWrite(
            f"cannot write to {run} ({error.strerror}); the last good checkpoint is kept: make room there, "
            "then go on with the same command"
        ) from error
