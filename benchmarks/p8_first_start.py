"""P8: from a fresh checkout to the first page, the second start, and the memory of web, worker and schedule."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.measure import ROOT, Result, environment, fetch, pss_mb, server, timed


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="tansiq-p8-") as name:
        clone = Path(name) / "clone"
        timed(["git", "clone", "--quiet", str(ROOT), str(clone)])
        env = {key: value for key, value in os.environ.items() if not key.startswith("TANSIQ_")}
        first, _said = timed(["make", "demo", "SERVE=0"], env, clone)
        again = Path(name) / "venv"
        timed([sys.executable, "-m", "venv", str(again)])
        uv = clone / ".venv/bin/uv"
        install = [
            str(uv),
            "pip",
            "install",
            "--quiet",
            "--python",
            str(again / "bin/python"),
            "-r",
            "requirements.lock",
        ]
        wheels, _said = timed(install, env, clone)
        yield Result(
            "P8 first start", first, "s", "<= 60 s", first <= 60, wheels, "installing the same wheels alone",
            "caches of pip and uv as they are on this machine",
        )  # fmt: skip
        yield from _second(clone)
        shutil.rmtree(clone)


def _second(clone: Path) -> Iterator[Result]:
    port = _port()
    url = f"http://127.0.0.1:{port}/ar/"
    env = {**environment(clone / "var"), "PYTHONPATH": str(clone)}
    bare, _said = timed([str(clone / ".venv/bin/python"), "-c", "import django, wagtail"], env, clone)
    command = ["sh", "-c", f"cd {clone} && exec .venv/bin/tansiq demo --port {port}"]
    started = time.perf_counter()
    with server(command, url, env) as child:
        seconds = time.perf_counter() - started
        yield Result(
            "P8 second start", seconds, "s", "<= 3 s", seconds <= 3, bare, "importing Django and Wagtail alone"
        )
        for _view in range(50):
            fetch(url)
        time.sleep(8)  # worker and schedule begin after the site answers
        sizes = pss_mb(child.pid)
        total = sum(sizes.values())
        reference = _bare_memory(clone)
        note = "proportional memory: " + ", ".join(f"{size:.0f}" for size in sizes.values())
        yield Result(
            "P8 memory", total, "MB", "<= 300 MB", total <= 300, reference, "one process with Django and Wagtail", note
        )


def _bare_memory(clone: Path) -> float:
    code = "import django, wagtail, sys; print('ready', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [str(clone / ".venv/bin/python"), "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        child.stdout.readline()
        size = sum(pss_mb(child.pid).values())
        child.stdin.close()
    return size
