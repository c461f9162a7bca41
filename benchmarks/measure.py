"""What every workload needs: a result and its line, servers that live for one measurement, load, CPU and memory."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Servers of a run listen on this port and the next nine, on loopback only.
PORT = int(os.environ.get("TANSIQ_BENCH_PORT", "8390"))
TICK = os.sysconf("SC_CLK_TCK")
GZIP = {"Accept-Encoding": "gzip"}


@dataclass(frozen=True)
class Result:
    """One line of the report.

    figure, reference  in `unit`, medians of the same run; reference None where there is no other thing to compare with
    paired             median of the ratios round by round, where rounds alternate: it does not see the machine drift
    reached            None where it could not be measured (then `note` says why)
    """

    workload: str
    figure: float | None
    unit: str
    target: str
    reached: bool | None
    reference: float | None = None
    reference_of: str = ""
    note: str = ""
    paired: float | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        if self.paired is not None:
            return self.paired
        return self.figure / self.reference if self.figure is not None and self.reference else None

    def line(self) -> str:
        verdict = {True: "reached", False: "NOT REACHED", None: "not measured"}[self.reached]
        parts = [f"{self.workload:<24}", "-" if self.figure is None else f"{self.figure:,.4g} {self.unit}"]
        if self.reference is not None:
            parts += [f"{self.reference_of} {self.reference:,.4g}", f"ratio {self.ratio:.3g}"]
        parts += [f"target {self.target}", verdict, *([self.note] if self.note else [])]
        return "  |  ".join(parts)

    def row(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio}


def environment(data: Path, **more: str) -> dict[str, str]:
    """The environment without settings of the caller's own installation, with `data` as the data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TANSIQ_")}
    return {**kept, "TANSIQ_DATA": str(data), "PYTHONPATH": str(ROOT), **more}


def tansiq(*words: str) -> list[str]:
    return [sys.executable, "-m", "tansiq.config", *words]


def timed(
    command: list[str], env: dict[str, str] | None = None, cwd: Path = ROOT, expect: int = 0
) -> tuple[float, str]:
    """Seconds of a command and what it said; raises with its words when it ends otherwise than expected."""
    started = time.perf_counter()
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode != expect:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}")
    return seconds, done.stdout + done.stderr


def children_cpu() -> float:
    """User and system seconds of all commands that have ended so far; on a shared machine steadier than the clock."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


# --- servers --------------------------------------------------------------------------------------------------------


def fetch(url: str, headers: dict[str, str] | None = None) -> bytes:
    """The body as it was sent, still compressed. Raises URLError or HTTPError."""
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=30) as answer:
        return answer.read()


@contextlib.contextmanager
def server(command: list[str], url: str, env: dict[str, str] | None = None) -> Iterator[subprocess.Popen]:
    """Run a server until the block ends; the block begins when `url` answers."""
    with contextlib.suppress(urllib.error.URLError):
        fetch(url)
        raise RuntimeError(f"Something answers at {url} already. Set TANSIQ_BENCH_PORT to another port.")
    child = subprocess.Popen(
        command, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                fetch(url)
                break
            except (urllib.error.URLError, ConnectionError):
                if child.poll() is not None or time.monotonic() > deadline:
                    child.kill()
                    raise RuntimeError(
                        f"{' '.join(command)} does not answer:\n{child.stderr.read().decode()}"
                    ) from None
                time.sleep(0.01)
        yield child
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGTERM)
        try:
            child.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
        child.stderr.close()


def family(pid: int) -> list[int]:
    """The process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            children.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its living descendants."""
    ticks = 0
    for one in family(pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks / TICK


def pss_mb(pid: int) -> dict[str, float]:
    """Proportional memory in MB of a process and its descendants, by "pid command"."""
    sizes = {}
    for one in family(pid):
        with contextlib.suppress(OSError):
            command = Path(f"/proc/{one}/cmdline").read_bytes().decode().split("\0")
            rolled = Path(f"/proc/{one}/smaps_rollup").read_text()
            kilobytes = int(re.search(r"^Pss:\s+(\d+)", rolled, re.MULTILINE).group(1))
            sizes[f"{one} {' '.join(command[1:5])}"] = round(kilobytes / 1024, 1)
    return sizes


# --- load -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Load:
    per_second: float
    p99_ms: float


GENERATOR = (
    "wrk" if shutil.which("wrk") else "the small Python client (it is itself the limit: ratios come out too high)"
)


def load(url: str, *, seconds: int = 5, connections: int = 32) -> Load:
    """Ask for one page over kept connections, compressed. Raises when any answer is not 200."""
    if GENERATOR != "wrk":
        return asyncio.run(_python_load(url, seconds, connections))
    words = ["wrk", "-t2", f"-c{connections}", f"-d{seconds}s", "--latency", "-H", "Accept-Encoding: gzip", url]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in said or "Socket errors" in said:
        raise RuntimeError(f"{url} did not answer well:\n{said}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", said).groups()
    per_second = float(re.search(r"Requests/sec:\s+([\d.]+)", said).group(1))
    return Load(per_second, float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit])


async def _python_load(url: str, seconds: int, connections: int) -> Load:
    host, path = re.fullmatch(r"http://([^/]+)(/.*)", url).groups()
    name, port = host.split(":")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: gzip\r\n\r\n".encode()
    end, times = time.monotonic() + seconds, []

    async def one() -> None:
        reader, writer = await asyncio.open_connection(name, int(port))
        while time.monotonic() < end:
            begun = time.perf_counter()
            writer.write(request)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if not head.startswith(b"http/1.1 200"):
                raise RuntimeError(f"{url} did not answer well:\n{head.decode()}")
            await reader.readexactly(int(re.search(rb"content-length: (\d+)", head).group(1)))
            times.append(time.perf_counter() - begun)
        writer.close()

    await asyncio.gather(*(one() for _ in range(connections)))
    return Load(len(times) / seconds, statistics.quantiles(times, n=100)[98] * 1000)


def alternate(measures: dict[str, Callable[[], Load]], rounds: int) -> dict[str, list[Load]]:
    """A B C A B C …: on a shared machine a disturbance then meets all of them."""
    found: dict[str, list[Load]] = {name: [] for name in measures}
    for _round in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def median(values: Any) -> float:
    return statistics.median(list(values))
