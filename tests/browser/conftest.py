"""A demonstration of its own for each worker, and Debian's chromium to visit it.

Preparing the data folder takes half a minute. It is done once per state of the product's files, outside the clone
(TANSIQ_TEST_CACHE, by default the system's folder for temporary files), and copied for each run.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import playwright
import pytest

from tests.config.conftest import environment
from tests.conftest import ROOT

CHROMIUM = Path("/usr/bin/chromium")
PORTS = range(8500, 8600)


@dataclass(frozen=True)
class Site:
    """A running demonstration: its address without a slash at the end, its data folder, and its newest mail at the start."""

    url: str
    data: Path
    last_mail: str = ""

    @property
    def login(self) -> tuple[str, str]:
        email, password = (self.data / "demo-login.txt").read_text().split()
        return email, password


def _state() -> str:
    """Changes when a file changes that the data folder depends on; templates are read when a page is made."""
    digest = hashlib.sha256()
    for folder in ("tansiq", "examples"):
        for file in sorted((ROOT / folder).rglob("*.*")):
            if file.is_file() and file.suffix not in (".pyc", ".html", ".po"):
                digest.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()[:16]


def _prepared() -> Path:
    """The cached folder; of two workers that come at once one makes it and the other waits."""
    cache = Path(os.environ.get("TANSIQ_TEST_CACHE") or tempfile.gettempdir()) / "tansiq-test-demos"
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted = cache / _state()
        if not wanted.exists():
            # Not in place: a run that is stopped in the middle must not leave a folder that looks finished.
            fresh = Path(tempfile.mkdtemp(dir=cache, prefix="fresh-"))
            done = subprocess.run(
                [sys.executable, "-m", "tansiq.config", "demo", "--no-serve"],
                cwd=ROOT, env=environment(fresh, TANSIQ_DEMO="1"), capture_output=True, text=True, check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            os.replace(fresh, wanted)
    return wanted


def _free_port(held: list) -> int:
    """A port that nobody listens on; the lock put into `held` keeps it ours while the server is still starting.

    Without the lock two runs at once would take the same one: the server shares its port, and so would two sites.
    """
    for port in PORTS:
        lock = (Path(tempfile.gettempdir()) / f"tansiq-test-port-{port}").open("w")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind(("127.0.0.1", port))
        except OSError:
            lock.close()
            continue
        held.append(lock)
        return port
    raise AssertionError(f"no free port between {PORTS[0]} and {PORTS[-1]}")


@contextlib.contextmanager
def running(data: Path):
    """A site of its own that answers, over a copy of the prepared folder; it ends with the block."""
    shutil.copytree(_prepared(), data)
    held: list = []
    port = _free_port(held)
    with (data / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "tansiq.config", "serve", "--port", str(port)],
            cwd=ROOT, env=environment(data, TANSIQ_DEMO="1"), stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, server, data / "server.log")
        with sqlite3.connect(data / "tansiq.sqlite3") as database:
            (last_mail,) = database.execute("SELECT max(created_at) FROM core_message").fetchone()
        yield Site(url, data, last_mail or "")
    finally:
        server.terminate()
        try:
            server.wait(timeout=10)
        except subprocess.TimeoutExpired:
            server.kill()
        held.pop().close()


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A site that answers, until the end of the session."""
    if not CHROMIUM.exists():
        pytest.skip(f"the browser tests drive {CHROMIUM}; install it with: apt-get install chromium")
    driver = Path(playwright.__file__).parent / "driver/node"
    if driver.exists() and subprocess.run([driver, "--version"], capture_output=True, check=False).returncode:
        pytest.skip("what drives chromium does not start; install what it needs with: apt-get install libatomic1")
    with running(tmp_path_factory.mktemp("demo") / "data") as started:
        yield started


def mails(site: Site) -> list[str]:
    """The addresses in the mails that were put into the site's outbox since it started, newest first."""
    import re

    with sqlite3.connect(site.data / "tansiq.sqlite3") as database:
        query = "SELECT body FROM core_message WHERE created_at > ? ORDER BY created_at DESC"
        bodies = [row[0] for row in database.execute(query, [site.last_mail])]
    return [
        found.replace("http://127.0.0.1:8000", "") for body in bodies for found in re.findall(r"https?://\S+", body)
    ]


def _wait(url: str, server: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 90  # two seconds on a machine that has nothing else to do
    while time.monotonic() < deadline and server.poll() is None:
        try:
            urllib.request.urlopen(f"{url}/healthz", timeout=2)
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the site did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def chromium(site):
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-background-networking"]
        )
        yield browser
        browser.close()


@contextlib.contextmanager
def pages(chromium, url: str):
    """new(width=320, javascript=False, dark=True) -> a page of a site in a new profile, in the Arabic of Morocco."""
    contexts = []

    def new(*, width=1280, javascript=True, dark=False, **more):
        context = chromium.new_context(
            base_url=url, locale="ar-MA", viewport={"width": width, "height": 900},
            java_script_enabled=javascript, color_scheme="dark" if dark else "light",
            reduced_motion="reduce", **more,
        )  # fmt: skip
        context.set_default_timeout(15_000)
        contexts.append(context)
        return context.new_page()

    try:
        yield new
    finally:
        for context in contexts:
            context.close()


def turn(locator) -> None:
    """Clicks what leads to another page, and waits until that page is there.

    A click alone comes back before a form is sent: on a busy machine the next line would read the page that goes.
    """
    with locator.page.expect_navigation():
        locator.click()


@pytest.fixture
def reader(chromium, site):
    """As `pages`, of the site that all tests share."""
    with pages(chromium, site.url) as new:
        yield new


@pytest.fixture(scope="session")
def faults():
    """faults(page) -> what axe finds on it, a line for each kind of fault with the places."""
    from axe_playwright_python.sync_playwright import Axe

    axe = Axe()

    def find(page, within: str | None = None) -> list[str]:
        found = axe.run(page, context=within).response["violations"]
        return [
            f"{one['id']}: {one['help']}: "
            + "; ".join(f"{node['target']} {node['html'][:120]}" for node in one["nodes"])
            for one in found
        ]

    return find
