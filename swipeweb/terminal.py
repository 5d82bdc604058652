"""`swipegan swipe`: the server with what it says on the terminal."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable

from curate.workspace import Workspace
from swipeweb.config import SwipeOptions
from swipeweb.server import SwipeServer, qr_code

SWITCH = 0.0005  # seconds a thread that makes pictures may keep others from answering; Python's own is 5 ms


def serve(workspace: Workspace, options: SwipeOptions, say: Callable[[str], object]) -> None:
    """Serve the app until Ctrl-C; `say` prints a line."""
    sys.setswitchinterval(SWITCH)
    server = SwipeServer(workspace, options)
    _invite(server, say)
    if sys.stdin.isatty():
        threading.Thread(target=_listen, args=(server, say), daemon=True).start()
    server.run()


def _invite(server: SwipeServer, say: Callable[[str], object]) -> None:
    link = server.link()
    say(qr_code(link))
    say(f"Open on the phone (once, within 12 hours):\n  {link}\n")
    if not server.options.lan and not server.options.public_url:
        say("Only this machine can connect; --lan lets phones on your network in.")
    elif link.startswith("http://"):
        say("Plain http: others on this network could read the photos on their way; docs/phone.md knows better ways.")
    say("Enter: a fresh link.  Ctrl-C: stop." if sys.stdin.isatty() else "Ctrl-C: stop.")


def _listen(server: SwipeServer, say: Callable[[str], object]) -> None:
    for _line in sys.stdin:
        _invite(server, say)
