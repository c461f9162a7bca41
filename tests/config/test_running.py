"""`tansiq demo`: web, worker and schedule together, and all of them gone after Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from tests.browser.conftest import _free_port, _prepared
from tests.config.conftest import environment, tansiq
from tests.conftest import ROOT

READS_A_PAGE = """
import io, sys
from tansiq.config.wsgi import application
statuses = []
for path in ("/ar/", "/fr/programmes/world-day-2020/"):
    application({"REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
                 "HTTP_HOST": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": io.BytesIO()},
                lambda status, headers: statuses.append(status))
print(statuses, "wagtail.admin.urls" in sys.modules, "tansiq.desk.programmes" in sys.modules)
"""


@pytest.fixture
def demonstration(tmp_path):
    return shutil.copytree(_prepared(), tmp_path / "demo")


def test_a_reader_is_answered_without_loading_the_desk(demonstration):
    done = subprocess.run(
        [sys.executable, "-c", READS_A_PAGE], cwd=ROOT, env=environment(demonstration, TANSIQ_DEMO="1"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "['200 OK', '200 OK'] False False\n", done.stderr


def test_the_demo_runs_web_worker_and_schedule_and_ctrl_c_stops_all_of_them(demonstration):
    held: list = []
    port = _free_port(held)
    log = demonstration / "log"
    with log.open("w") as file:
        demo = subprocess.Popen(
            [sys.executable, "-m", "tansiq.config", "demo", "--port", str(port)], cwd=ROOT,
            env=environment(demonstration), stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _until(lambda: _answers(port) and "Starting worker" in log.read_text(), log)
        os.kill(demo.pid, signal.SIGINT)
        assert demo.wait(timeout=20) == 0, log.read_text()
        assert not _answers(port)
        with pytest.raises(ProcessLookupError):
            os.killpg(demo.pid, 0)  # nothing of the group is left
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
        held.pop().close()


def test_the_demo_stops_when_its_web_server_ends(demonstration):
    held: list = []
    port = _free_port(held)
    log = demonstration / "log"
    with log.open("w") as file:
        demo = subprocess.Popen(
            [sys.executable, "-m", "tansiq.config", "demo", "--port", str(port)], cwd=ROOT,
            env=environment(demonstration), stdout=file, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _until(lambda: _answers(port) and "Starting worker" in log.read_text(), log)
        children = subprocess.run(["pgrep", "-P", str(demo.pid)], capture_output=True, text=True, check=True)
        os.kill(int(children.stdout.split()[0]), signal.SIGTERM)
        assert demo.wait(timeout=20) == 0, log.read_text()
    finally:
        if demo.poll() is None:
            os.killpg(demo.pid, signal.SIGKILL)
        held.pop().close()


def test_a_taken_port_is_refused_with_another_to_try(demonstration):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = tansiq("demo", "--port", port, data=demonstration)
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert f"--port {port + 1}" in done.stderr
    assert "Traceback" not in done.stderr


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
            return answer.status == 200
    except (urllib.error.URLError, ConnectionError):
        return False


def _until(happened, log) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
