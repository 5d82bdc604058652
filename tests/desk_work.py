"""Work for spawned processes: a module that imports little, since each of them imports it anew."""

import os
import sys


def pid_and_memory(_task: int) -> tuple[int, bool]:
    """Which process this is, and whether it has what the parent put into its memory."""
    return os.getpid(), hasattr(sys, "_swipegan_parent")
