"""Who is let in: every route, credentials, roles, origins, hosts, limits."""

from __future__ import annotations

import datetime as dt
import http.client
import json
import re
import socket
from urllib.parse import quote, urldefrag

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from route_matrix import ELSEWHERE, STRANGERS, answers, routes
from swipe_helpers import make_workspace, serving

from curate import store_access, store_labels
from curate.models import Access, now
from swipeweb.access import POLICY, RateLimit
from swipeweb.client import SwipeClient, SwipeError
from swipeweb.config import RevokeOptions, SwipeOptions
from swipeweb.people import everybody, revoke
from swipeweb.server import SwipeServer, lan_address, qr_code

OPEN = {
    "/join",
    "/api/join",
    "/static/<version>/<name>",
    "/<any('sw.js', 'manifest.webmanifest', 'icon.svg'):name>",
}  # no data there


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return make_workspace(tmp_path_factory.mktemp("access"), 3)


@pytest.fixture(scope="module")
def server(workspace):
    with serving(workspace) as running:
        running.app.extensions["doorkeeper"].joins = RateLimit(1000, 1000)
        yield running


def ask(
    server: SwipeServer, method: str, path: str, content: object = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    body = None if content is None else json.dumps(content)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    connection.request(method, path, body, {"Content-Type": "application/json"} | named)
    answer = connection.getresponse()
    found = answer.status, dict(answer.getheaders()), answer.read()
    connection.close()
    return found


def cookie(server: SwipeServer, name: str, role: str = "labeler") -> str:
    token = urldefrag(server.link(name, role))[1]
    _, headers, _ = ask(server, "POST", "/api/join", {"token": token})
    return headers["Set-Cookie"].split(";")[0]


@pytest.mark.parametrize("way", [*STRANGERS, *ELSEWHERE])
def test_every_route_refuses(server, way):
    asked = list(answers(server.app, way, OPEN))
    assert asked
    assert [(route.method, route.path, status) for route, status in asked if status not in {401, 403}] == []


def test_what_is_open_to_anybody_is_named_here(server):
    told = {route.rule for route in routes(server.app) if route.role == "anybody"}
    assert told == OPEN | {"/"}  # the page itself answers 401 to strangers, above
    assert {route.role for route in routes(server.app)} >= {"anybody", "labeler", "reviewer"}


def test_a_new_route_is_refused_without_a_word_about_it(workspace):
    with serving(workspace) as server:
        server.app.add_url_rule("/api/new/<int:one>/<path:two>", view_func=lambda one, two: "secret", methods=["PUT"])
        status = {route.rule: status for route, status in answers(server.app, "no cookie", OPEN)}
    assert status["/api/new/<int:one>/<path:two>"] == 401


def test_over_the_wire_a_made_up_cookie_and_another_site_are_refused(server):
    sent = cookie(server, "Ann")
    assert ask(server, "GET", "/api/progress", Cookie=f"swipegan_{server.port}={'x' * 5000}")[0] == 401
    assert ask(server, "GET", "/api/progress", Cookie=sent)[0] == 200
    for elsewhere in ({"Host": "evil.example"}, {"Host": "127.0.0.1"}, {"Origin": "null"}):
        assert ask(server, "POST", "/api/verdicts", {"verdicts": []}, Cookie=sent, **elsewhere)[0] == 403


def test_revoking_somebody_ends_that_browser_at_once(server, workspace):
    sent = cookie(server, "Gone")
    assert ask(server, "GET", "/api/progress", Cookie=sent)[0] == 200

    assert revoke(workspace, RevokeOptions(name="Gone")).ended >= 1

    assert ask(server, "GET", "/api/progress", Cookie=sent)[0] == 401


def test_a_link_on_another_site_may_open_the_page_but_fetch_nothing(server):
    sent = cookie(server, "Ann")
    followed = {"Sec_Fetch_Site": "cross-site", "Sec_Fetch_Mode": "navigate"}
    assert ask(server, "GET", "/", Cookie=sent, **followed)[0] == 200
    assert ask(server, "GET", "/join", **followed)[0] == 200
    assert ask(server, "GET", "/api/next?count=1000&hours=48", Cookie=sent, **followed)[0] == 403
    assert ask(server, "GET", "/api/images/1/face", Cookie=sent, Sec_Fetch_Site="same-site")[0] == 403


def test_roles_hold(server):
    for name, role, expected in (("Ann", "labeler", 403), ("Ruth", "reviewer", 200), ("Olga", "owner", 200)):
        sent = cookie(server, name, role)
        assert ask(server, "POST", "/api/settle", {"verdicts": []}, Cookie=sent)[0] == expected
        assert ask(server, "GET", "/api/contested", Cookie=sent)[0] == expected
        assert ask(server, "GET", "/review", Cookie=sent)[0] == expected


def test_a_link_lets_one_browser_in_once(server):
    link = server.link("Ann")
    SwipeClient(link)
    with pytest.raises(SwipeError, match="used or has expired"):
        SwipeClient(link)


def test_looking_at_the_page_of_a_link_does_not_use_it_up(server):
    link = server.link("Ann")
    for _ in range(3):
        assert ask(server, "GET", "/join")[0] == 200
    assert SwipeClient(link).name == "Ann"


def test_an_expired_link_and_an_expired_cookie_are_refused(server):
    link = server.link("Late", valid=dt.timedelta(seconds=-1))
    with pytest.raises(SwipeError, match="403"):
        SwipeClient(link)
    sent = cookie(server, "Late")
    with server.sessions.begin() as session:
        person = store_labels.labeler(session, "Late")
        session.execute(
            sa.update(Access).where(Access.labeler_id == person.id).values(expires=now() - dt.timedelta(seconds=1))
        )
    assert ask(server, "GET", "/api/progress", Cookie=sent)[0] == 401


def test_the_cookie_is_not_for_scripts_and_only_its_hash_is_kept(server):
    token = urldefrag(server.link("Ann"))[1]
    _, headers, body = ask(server, "POST", "/api/join", {"token": token})
    assert "HttpOnly" in headers["Set-Cookie"]
    assert "SameSite=Lax" in headers["Set-Cookie"]
    secret = headers["Set-Cookie"].split(";")[0].split("=")[1]
    with server.sessions() as session:
        kept = set(session.scalars(sa.select(Access.secret_sha256)))
    assert store_access.secret_hash(secret) in kept
    assert store_access.secret_hash(token) in kept
    assert not {secret, token} & kept
    assert secret.encode() not in body


def test_guessing_tokens_is_slowed_down(workspace):
    with serving(workspace) as server:
        answers = [ask(server, "POST", "/api/join", {"token": "x"})[0] for _ in range(25)]
    assert answers[:20] == [403] * 20
    assert answers[-1] == 429


def test_large_requests_and_many_requests_are_refused(server):
    sent = cookie(server, "Greedy")
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as line:  # says how much, and waits
        head = f"POST /api/verdicts HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nCookie: {sent}\r\n"
        line.sendall((head + "Content-Type: application/json\r\nContent-Length: 600000\r\n\r\n").encode())
        assert b" 413 " in line.recv(64)
    limit = RateLimit(rate=10, burst=3)
    assert [limit.allows("a") for _ in range(4)] == [True, True, True, False]
    assert limit.allows("b")


def test_every_answer_carries_a_strict_policy(server):
    sent = cookie(server, "Ann")
    for path in ("/", "/join", "/api/progress", "/nothing", "/api/images/1/face"):
        _, headers, _ = ask(server, "GET", path, Cookie=sent)
        assert headers["Content-Security-Policy"] == POLICY
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


def test_the_page_names_no_other_site_and_no_path(server, workspace):
    sent = cookie(server, "Ann")
    texts = [
        ask(server, "GET", path, Cookie=sent)[2].decode()
        for path in ("/", "/join", "/api/next?count=3", "/api/history")
    ]
    for text in texts:
        assert str(workspace.root.parent) not in text
        assert "photo0" not in text
        assert not re.search(r"https?://", text)
    for name, asset in server.app.extensions["assets"].files.items():
        found = set(re.findall(rb"https?://[^\s\"'<>]+", asset.plain))
        assert found <= {b"http://www.w3.org/2000/svg"}, name


TRICKS = ["../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "0", "-1", "1e9", "9" * 40, "1%00"]
REAL = {"1", "2", "3", "face", "whole", "zoom", "join", "review", "."}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.text(min_size=1, max_size=30), st.sampled_from(TRICKS)))
def test_no_made_up_address_finds_anything(server, made_up):
    assume(made_up not in REAL)
    name = made_up if made_up in TRICKS else quote(made_up, safe="")
    for path in (f"/api/images/{name}/face", f"/api/images/1/{name}", f"/static/x/{name}", f"/{name}"):
        status, _, body = ask(server, "GET", path, Cookie=_ann(server))
        assert status == 308 or 400 <= status < 500, (path, status)
        assert b"root:" not in body


_cookies: dict[int, str] = {}


def _ann(server: SwipeServer) -> str:
    return _cookies.setdefault(server.port, cookie(server, "Ann"))


def test_the_app_listens_on_loopback_alone_unless_told(workspace):
    with serving(workspace) as server:
        assert server._server.bind_addr[0] == "127.0.0.1"
        assert server.url.startswith("http://127.0.0.1:")
    with serving(workspace, lan=True) as server:
        assert server._server.bind_addr[0] == "0.0.0.0"
        assert server.url.startswith(f"http://{lan_address()}:")
        assert SwipeClient(server.link("Ann")).name == "Ann"


def test_behind_a_proxy_links_and_hosts_are_the_proxys(workspace):
    with serving(workspace, public_url="https://swipe.example.org") as server:
        assert server.link("Ann").startswith("https://swipe.example.org/join#")
        token = urldefrag(server.link("Ann"))[1]
        status, headers, _ = ask(
            server, "POST", "/api/join", {"token": token}, Host="swipe.example.org", Origin="https://swipe.example.org"
        )
        assert status == 200
        assert "Secure" in headers["Set-Cookie"]


def test_people_lists_roles_and_open_doors(workspace):
    with serving(workspace) as server:
        SwipeClient(server.link("Petra", role="reviewer"))
        server.link("Petra")
    [petra] = [person for person in everybody(workspace).people if person.name == "Petra"]
    assert (petra.role, petra.labels, petra.links, petra.browsers) == ("reviewer", 0, 1, 1)


def test_the_qr_code_is_small_enough_for_a_terminal():
    lines = qr_code("http://192.168.178.123:8765/join#" + "x" * 43).splitlines()
    assert len(lines) <= 24
    assert max(map(len, lines)) <= 80


def test_options_of_the_command_have_safe_defaults():
    assert not SwipeOptions().lan
