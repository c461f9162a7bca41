"""P2: complete registrations over HTTP against a running server on PostgreSQL: the form, then what was typed, 16 clients.

Run with `TANSIQ_BENCH_REGISTERED=10000,1000000` it measures again with so many registered before.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlencode, urlparse

import psycopg

from benchmarks.measure import PORT, ROOT, Result, cpu_seconds, environment, server, tansiq, timed

FORM = "/ar/activities/seminar/register/"
REGIONS = [f"MA-{number:02}" for number in range(1, 13)]
CLIENTS, NUMBER, BITS = 16, 640, 4
LETTERS = "ابتثجحخدذر"
FORM_HEADERS = {"Content-Type": "application/x-www-form-urlencoded"}


@contextlib.contextmanager
def postgres() -> Iterator[str]:
    """A cluster of its own, on loopback, with the safety of a real one; its address. Needs Debian's package."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name))
    if not found:
        raise RuntimeError("PostgreSQL is not here: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp())
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if as_postgres:
        shutil.chown(folder, "postgres")
    port, binaries = PORT + 9, found[-1]
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c max_connections=100 -c shared_preload_libraries=pg_stat_statements"

    def run(*words: str) -> None:
        subprocess.run([*as_postgres, *words], cwd=folder, check=True, stdout=subprocess.DEVNULL)

    run(f"{binaries}/initdb", "-D", f"{folder}/data", "-U", "tansiq", "--auth=trust", "--encoding=UTF8")
    run(f"{binaries}/pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
    try:
        run(f"{binaries}/createdb", "-h", "127.0.0.1", "-p", str(port), "-U", "tansiq", "tansiq")
        yield f"postgres://tansiq@127.0.0.1:{port}/tansiq"
    finally:
        run(f"{binaries}/pg_ctl", "-D", f"{folder}/data", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def prepare(env: dict[str, str], folder: Path, *, capacity: int, regions: dict[str, int]) -> None:
    """The programme of the examples, whose seminar has places and a public form."""
    shutil.copytree(ROOT / "examples/sources", folder / "sources")
    places = ", ".join(f"{{region: {code}, number: {number}}}" for code, number in regions.items())
    file = folder / "programme.yaml"
    text = (ROOT / "examples/ma-2020-world-day.yaml").read_text(encoding="utf-8")
    quotas = f"\nquotas:\n  - {{activity: seminar, capacity: {capacity}, public: true, places: [{places}]}}\n"
    file.write_text(text + quotas, encoding="utf-8")
    timed(tansiq("migrate"), env)
    timed(tansiq("load", str(file)), env)


class Visitor:
    """One connection after the other to the site, each registration in two requests as a browser makes them."""

    def __init__(self, url: str) -> None:
        self.address = urlparse(url)
        self.connection: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: str | None = None) -> tuple[int, str]:
        if self.connection is None:
            self.connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=60)
        try:
            headers = {**FORM_HEADERS, "Origin": self.address.geturl()} if body else {}
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read().decode()
        except (OSError, http.client.HTTPException):
            self.connection.close()
            self.connection = None
            raise

    def register(self, number: int, *, bits: int = BITS, name: str = "") -> int:
        """The status of the answer; raises OSError where there was none."""
        _status, page = self.ask("GET", FORM)
        token = re.search('name="token" value="([^"]+)"', page)[1]
        address = f"p{number}@example.org"
        work = next(
            str(one)
            for one in range(1 << 30)
            if int.from_bytes(hashlib.sha256(f"{token}|{address}|{one}".encode()).digest()[:4]) >> (32 - bits) == 0
        )
        letters = "".join(LETTERS[int(digit)] for digit in str(number))
        given = {
            "name_ar": name or f"مشاركة {letters}", "name_fr": "", "email": address, "region": REGIONS[number % 12],
            "token": token, "work": work,
        }  # fmt: skip
        return self.ask("POST", FORM, urlencode(given))[0]


def crowd(url: str, numbers: list[int], *, clients: int = CLIENTS, patience: float = 0) -> dict[int, int]:
    """The status of each answer, {number: status}; `patience` seconds long whoever got none tries again."""
    local, until = threading.local(), time.monotonic() + patience

    def one(number: int) -> tuple[int, int]:
        if not hasattr(local, "visitor"):
            local.visitor = Visitor(url)
        while True:
            try:
                return number, local.visitor.register(number)
            except (OSError, http.client.HTTPException, TypeError):
                if time.monotonic() > until:
                    raise
                time.sleep(0.2)

    with ThreadPoolExecutor(clients) as pool:
        return dict(pool.map(one, numbers))


def _rows_per_second(address: str, number: int = 2000) -> float:
    """The limit: one committed row each, over as many connections."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_row (id bigserial PRIMARY KEY, text text)")

    def some(_client: int) -> None:
        with psycopg.connect(address, autocommit=True) as connection:
            for _one in range(number // CLIENTS):
                connection.execute("INSERT INTO bench_row (text) VALUES (%s)", ("x" * 500,))

    begun = time.perf_counter()
    with ThreadPoolExecutor(CLIENTS) as pool:
        list(pool.map(some, range(CLIENTS)))
    return number / (time.perf_counter() - begun)


_GROW = """
WITH fresh AS (
  INSERT INTO people_person (id, name, reference_language, email, telephone, is_fictional)
  SELECT gen_random_uuid(), jsonb_build_object('ar', 'شخص ' || n), 'ar', 'g' || n || '@example.org', '', true
  FROM generate_series(%(first)s::int, %(last)s::int) n RETURNING id, substr(split_part(email, '@', 1), 2)::int AS n)
INSERT INTO participation_registration (id, admission_id, person_id, number, address_key, region_id, profession,
  organisation_name, sex, language, how, state, has_place, reason, made_at, link_version, told, origin)
SELECT gen_random_uuid(), a.id, f.id, f.n, 'g' || f.n || '@example.org', 'MA-' || lpad((f.n %% 12 + 1)::text, 2, '0'), '',
  '', '', 'ar', 'file', 'confirmed', true, '{"why": "placed"}', now(), 0, '', ''
FROM fresh f, participation_admission a
"""


def _grow(address: str, before: int, wanted: int) -> None:
    """So many more are registered, by SQL, and the counters say so."""
    with psycopg.connect(address, autocommit=True) as connection:
        highest = connection.execute("SELECT max(number) FROM participation_registration").fetchone()[0] or 0
        connection.execute(_GROW, {"first": highest + 1, "last": highest + wanted - before})
        connection.execute(
            "UPDATE participation_admission SET arrivals = %s, \"left\" = \"left\" - %s", (highest + wanted - before, wanted - before)
        )  # fmt: skip
        connection.execute(
            "UPDATE participation_quota q SET \"left\" = size - (SELECT count(*) FROM participation_registration r WHERE r.region_id = q.key) WHERE key <> ''"
        )
        connection.execute("VACUUM ANALYZE")


# What the server itself asks to check foreign keys, and the frame of transactions, are not statements of ours.
_NOT_OURS = "^(BEGIN|COMMIT|SAVEPOINT|RELEASE|SET|SHOW|SELECT pg_stat|SELECT (1|\\$[0-9]+) FROM ONLY)"


def _measure(url: str, address: str, process: int, numbers: list[int]) -> dict[str, float]:
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("SELECT pg_stat_statements_reset()")
        cpu, begun = cpu_seconds(process), time.perf_counter()
        statuses = crowd(url, numbers)
        seconds, cpu = time.perf_counter() - begun, cpu_seconds(process) - cpu
        wrong = {status for status in statuses.values() if status != 200}
        if wrong:
            raise RuntimeError(f"not every registration was taken: {wrong}")
        counted = connection.execute(
            "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements WHERE query !~* %s", (_NOT_OURS,)
        ).fetchone()[0]
    return {
        "per_second": len(numbers) / seconds, "cpu_ms": cpu * 1000 / len(numbers), "statements": float(counted) / len(numbers),
    }  # fmt: skip


def run() -> Iterator[Result]:
    wanted = [0, *(int(one) for one in os.environ.get("TANSIQ_BENCH_REGISTERED", "10000").split(",") if one)]
    url = f"http://127.0.0.1:{PORT}"
    with tempfile.TemporaryDirectory() as name, postgres() as address:
        folder = Path(name)
        env = environment(folder / "data", TANSIQ_DATABASE_URL=address, TANSIQ_WORK_BITS=str(BITS), TANSIQ_SITE_URL=url)
        prepare(env, folder, capacity=12, regions=dict.fromkeys(REGIONS, 1))
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute("CREATE EXTENSION pg_stat_statements")
            for table, number in (("admission", "capacity"), ("quota", "size")):
                connection.execute(f'UPDATE participation_{table} SET {number} = 3000000, "left" = 3000000')
        with server(tansiq("serve", "--port", str(PORT), "--workers", "2"), f"{url}/healthz", env) as process:
            crowd(url, list(range(1, 101)))  # what is first is slower
            first, before = 1000, 0
            for registered in wanted:
                if registered:
                    _grow(address, before, registered)
                    before = registered
                limit = _rows_per_second(address)
                found = _measure(url, address, process.pid, list(range(first, first + NUMBER)))
                first += NUMBER
                label = f"{registered:,} registered before"
                yield Result(
                    "p2 registrations",
                    found["per_second"],
                    "/s",
                    "as measured",
                    True,
                    limit,
                    "one committed row",
                    label,
                )
                yield Result(
                    "p2 cpu", found["cpu_ms"], "ms of the server each", "<= 12", found["cpu_ms"] <= 12, note=label
                )
                yield Result(
                    "p2 statements", found["statements"], "SQL each, form and answer", "<= 12", found["statements"] <= 12, note=label,
                )  # fmt: skip
