"""What every test starts from."""

from collections.abc import Iterator

import pytest

from curate.progress import be_quiet


@pytest.fixture(autouse=True)
def progress_is_shown() -> Iterator[None]:
    """A command that was called with --json or --quiet in this process has switched progress off."""
    be_quiet(False)
    yield
    be_quiet(False)
