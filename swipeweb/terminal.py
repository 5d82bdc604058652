"""`swipegan swipe` and `swipegan serve`: a server with what it says on the terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from curate.workspace import Workspace
from swipeweb.config import SwipeOptions
from swipeweb.server import AppServer, SwipeServer, qr_code

SWITCH = 0.0005  # seconds a thread that makes pictures may keep others from answering; Python's own is 5 ms


def serve(workspace: Workspace, options: SwipeOptions, say: Callable[[str], object]) -> None:
    """Serve the swipe app until Ctrl-C; `say` prints a line."""
    invite_and_run(SwipeServer(workspace, options), say)


def invite_and_run(server: AppServer, say: Callable[[str], object]) -> None:
    """Print a link for the owner, a fresh one for each Enter, and serve until Ctrl-C."""
    sys.setswitchinterval(SWITCH)
    _invite(server, say)
    if sys.stdin.isatty():
        threading.Thread(target=_listen, args=(server, say), daemon=True).start()
    server.run()


def _invite(server: AppServer, say: Callable[[str], object]) -> None:
    link = server.link()
    say(qr_code(link))
    say(f"Open on the phone (once, within 12 hours):\n  {link}\n")
    if not server.address.lan and not server.address.public_url:
        say("Only this machine can connect; --lan lets phones on your network in.")
    elif link.startswith("http://"):
        say("Plain http: others on this network could read the pictures on their way; docs/phone.md knows better ways.")
    say("Enter: a fresh link.  Ctrl-C: stop." if sys.stdin.isatty() else "Ctrl-C: stop.")


def _listen(server: AppServer, say: Callable[[str], object]) -> None:
    for _line in sys.stdin:
        _invite(server, say)
