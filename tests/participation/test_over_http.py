"""Five hundred people register at once over HTTP while the server is killed: nothing accepted is lost, nobody doubled.

A server of its own on a database of its own in the PostgreSQL of the tests. TANSIQ_TEST_TIMES says how often; of twice,
the second time the server is left alone.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter

import psycopg
import pytest
from django.conf import settings

from benchmarks.p2_registration import FORM, crowd, prepare
from tests.browser.conftest import _free_port
from tests.config.conftest import environment
from tests.conftest import ROOT
from tests.participation.conftest import SHARES

pytestmark = pytest.mark.postgres
PEOPLE, CLIENTS = 500, 24
TIMES = int(os.environ.get("TANSIQ_TEST_TIMES", "1"))


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """(the environment, the address, the database) of an installation whose seminar has a hundred places."""
    wanted = settings.DATABASES["default"]
    if "postgresql" not in wanted["ENGINE"]:
        pytest.skip("this race is run on PostgreSQL")
    server = f"postgres://{wanted['USER']}@{wanted['HOST']}:{wanted['PORT']}"
    name = f"over_http_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    folder, held = tmp_path_factory.mktemp("http"), []
    port = _free_port(held)
    url = f"http://127.0.0.1:{port}"
    env = environment(
        folder / "data", TANSIQ_DATABASE_URL=f"{server}/{name}", TANSIQ_WORK_BITS="4", TANSIQ_SITE_URL=url, PYTHONPATH=str(ROOT)
    )  # fmt: skip
    prepare(env, folder, capacity=100, regions=SHARES)
    yield env, url, f"{server}/{name}"
    held.pop().close()
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Server:
    """The web server, which is killed and started again."""

    def __init__(self, env: dict[str, str], url: str) -> None:
        self.env, self.port, self.child = env, url.rpartition(":")[2], None

    def start(self) -> None:
        self.child = subprocess.Popen(
            [sys.executable, "-m", "tansiq.config", "serve", "--port", self.port, "--workers", "2"], cwd=ROOT, env=self.env,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


@pytest.fixture
def server(site):
    env, url, database = site
    with psycopg.connect(database, autocommit=True) as connection:
        for table in ("participation_registration", "core_message"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute('UPDATE participation_admission SET "left" = capacity, arrivals = 0')
        connection.execute('UPDATE participation_quota SET "left" = size')
    made = Server(env, url)
    made.start()
    yield made
    made.kill()


@pytest.mark.parametrize("time_number", range(TIMES))
def test_five_hundred_at_once_for_a_hundred_places_over_http(site, server, time_number):
    _env, url, database = site
    is_killed, killed = time_number % 2 == 0, []

    def kill_at(number: int) -> None:
        """When so many are registered the server dies, with whatever it is doing."""
        with psycopg.connect(database, autocommit=True) as connection:
            while connection.execute("SELECT count(*) FROM participation_registration").fetchone()[0] < number:
                time.sleep(0.02)
        server.kill()
        killed.append(number)
        server.start()

    if is_killed:
        killer = threading.Thread(target=lambda: [kill_at(number) for number in (60, 200)])
        killer.start()
    statuses = crowd(url, list(range(PEOPLE)), clients=CLIENTS, patience=240)
    if is_killed:
        killer.join()
        assert killed == [60, 200]
    assert Counter(statuses.values()) == {200: PEOPLE}
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "SELECT state, number, address_key, reason FROM participation_registration ORDER BY number"
        ).fetchall()
        left = connection.execute('SELECT "left" FROM participation_admission').fetchone()[0]
        mails = connection.execute("SELECT count(DISTINCT to_address) FROM core_message").fetchone()[0]
    assert Counter(state for state, *_more in rows) == {"confirmed": 100, "waiting": PEOPLE - 100}
    assert [number for _state, number, *_more in rows] == list(range(1, PEOPLE + 1))
    assert {address for _state, _number, address, _reason in rows} == {
        f"p{number}@example.org" for number in range(PEOPLE)
    }
    assert all(reason["why"] == "full" for state, _number, _address, reason in rows if state == "waiting")
    assert (left, mails) == (0, PEOPLE)


def test_the_form_is_there(site, server):
    """The race above would say little of a page that is not the form."""
    from benchmarks.p2_registration import Visitor

    until = time.monotonic() + 60
    while True:
        with contextlib.suppress(OSError):
            _status, page = Visitor(site[1]).ask("GET", FORM)
            break
        assert time.monotonic() < until
        time.sleep(0.1)
    assert re.search('name="token"', page)
