"""P1: the public programme page in Arabic for anonymous readers: alone, behind nginx, not cached, and its weight.

Run with an argument this file is the process that measures Django in itself: `python -m benchmarks.p1_public_page PATH`.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin

from benchmarks.measure import (
    GENERATOR,
    GZIP,
    PORT,
    ROOT,
    Load,
    Result,
    alternate,
    cpu_seconds,
    environment,
    fetch,
    load,
    median,
    server,
    tansiq,
    timed,
)

PAGE = "/ar/programmes/world-day-2020/"
ROUNDS, SECONDS = 5, 5
ALONE, STATIC, BEHIND = (f"http://127.0.0.1:{PORT + offset}" for offset in range(3))
WRAPPER = """
worker_processes auto;
{user}
pid {folder}/nginx.pid;
error_log {folder}/error.log;
daemon off;
events {{ worker_connections 1024; }}
http {{
    types {{ text/html html; text/css css; text/javascript js; image/svg+xml svg; font/woff2 woff2; }}
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 1000000000;  # wrk keeps its connections: the cost of new ones is not what is compared
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    server {{
        listen {static};
        root {folder}/pages;
        open_file_cache max=1000;
        location / {{ add_header Content-Encoding gzip; }}
        # The same file with the headers that the page has: what is then sent is the same, byte for byte.
        location /same/ {{ alias {folder}/pages/; add_header Content-Encoding gzip; {headers} }}
    }}
    include {folder}/tansiq.conf;
}}
"""


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory(prefix="tansiq-p1-") as name:
        folder = Path(name)
        data = folder / "data"
        timed(tansiq("demo", "--no-serve"), environment(data))
        with server(tansiq("serve", "--port", str(PORT)), ALONE + PAGE, environment(data)) as web:
            yield from _rates(folder, data, web)
            yield from _weight()
        yield _not_cached(data)


# --- rates ----------------------------------------------------------------------------------------------------------


def _rates(folder: Path, data: Path, web: subprocess.Popen) -> Iterator[Result]:
    if not shutil.which("nginx"):
        load(ALONE + PAGE, seconds=2)
        alone = [load(ALONE + PAGE, seconds=SECONDS) for _round in range(ROUNDS)]
        note = "nginx is not installed: no reference"
        yield Result("P1 alone", median(one.per_second for one in alone), "req/s", ">= 0.25", None, note=note)
        yield Result("P1 behind nginx", None, "req/s", ">= 0.95", None, note=note)
        return
    same_bytes = fetch(ALONE + PAGE, GZIP)
    (folder / "pages").mkdir()
    (folder / "pages/page.html").write_bytes(same_bytes)
    configuration = _configure(folder, data)
    with server(["nginx", "-p", str(folder), "-c", str(configuration)], f"{STATIC}/page.html") as nginx:
        if fetch(BEHIND + PAGE, GZIP) != same_bytes or fetch(f"{STATIC}/page.html", GZIP) != same_bytes:
            raise RuntimeError("nginx does not send the same bytes as the application")
        urls = {
            "static": f"{STATIC}/page.html", "same": f"{STATIC}/same/page.html", "alone": ALONE + PAGE,
            "behind": BEHIND + PAGE,
        }  # fmt: skip
        cost: dict[str, list[float]] = {name: [] for name in urls}
        python_share: list[float] = []

        def measure(name: str) -> Load:
            # What nginx keeps lives ten seconds without readers: without this, a round would begin with an empty cache.
            load(urls[name], seconds=1)
            ours, theirs = cpu_seconds(web.pid), cpu_seconds(nginx.pid)
            found = load(urls[name], seconds=SECONDS)
            ours, theirs = cpu_seconds(web.pid) - ours, cpu_seconds(nginx.pid) - theirs
            cost[name].append((ours + theirs) / (found.per_second * SECONDS) * 1e6)
            if name == "behind":
                python_share.append(ours / (ours + theirs))
            return found

        found = alternate({name: lambda name=name: measure(name) for name in urls}, ROUNDS)
    rate = {name: median(one.per_second for one in loads) for name, loads in found.items()}
    bare = median(
        one.per_second / other.per_second for one, other in zip(found["behind"], found["static"], strict=True)
    )
    for name, label, least, beside, of in (
        ("alone", "P1 alone", 0.25, "static", "nginx, static file of the same bytes"),
        ("behind", "P1 behind nginx", 0.95, "same", "nginx, static file of the same bytes and headers"),
    ):
        pairs = zip(found[name], found[beside], strict=True)
        ratio = median(one.per_second / other.per_second for one, other in pairs)
        yield Result(
            label,
            rate[name],
            "req/s",
            f">= {least}",
            ratio >= least,
            paired=ratio,
            reference=rate[beside],
            reference_of=of,
            note=f"p99 {median(one.p99_ms for one in found[name]):.1f} ms, CPU {median(cost[name]):.1f} us each "
            f"(reference: {median(one.p99_ms for one in found[beside]):.1f} ms, {median(cost[beside]):.1f} us)"
            + (f"; {bare:.3g} of a static file without our security headers" if name == "behind" else ""),
            more={
                "rounds": {key: [round(one.per_second) for one in loads] for key, loads in found.items()},
                "p99_ms": {key: [one.p99_ms for one in loads] for key, loads in found.items()},
                "cpu_us_each": {key: [round(one, 1) for one in costs] for key, costs in cost.items()},
                "share_of_cpu_in_python_behind_nginx": median(python_share),
                "body_bytes": len(same_bytes),
                "generator": GENERATOR,
            },
        )


def _configure(folder: Path, data: Path) -> Path:
    """The shipped configuration with other ports and folders, and nothing else changed."""
    text = (ROOT / "deploy/nginx.conf").read_text()
    for shipped, ours in {
        "listen 80; ": f"listen {BEHIND.removeprefix('http://')}; ",
        "listen [::]:80;": "",
        "server 127.0.0.1:8000;": f"server {ALONE.removeprefix('http://')};",
        "/var/cache/nginx/tansiq ": f"{folder}/cache ",
        "/var/lib/tansiq/static/": f"{data}/static/",
        "/var/log/nginx/": f"{folder}/",
    }.items():
        if shipped not in text:
            raise RuntimeError(f"deploy/nginx.conf no longer holds “{shipped}”; correct this list.")
        text = text.replace(shipped, ours)
    (folder / "tansiq.conf").write_text(text)
    user = "user root;" if os.getuid() == 0 else ""
    headers = " ".join(f'add_header {name} "{value}";' for name, value in _headers().items())
    wrapped = WRAPPER.format(user=user, folder=folder, static=STATIC.removeprefix("http://"), headers=headers)
    (folder / "nginx.conf").write_text(wrapped)
    return folder / "nginx.conf"


def _headers() -> dict[str, str]:
    """The page's headers that a static file does not have by itself."""
    own = {
        "content-type",
        "content-length",
        "date",
        "server",
        "connection",
        "content-encoding",
        "x-accel-expires",
        "etag",
    }
    with urllib.request.urlopen(urllib.request.Request(ALONE + PAGE, headers=GZIP), timeout=30) as answer:
        return {name: value for name, value in answer.headers.items() if name.lower() not in own}


# --- weight ---------------------------------------------------------------------------------------------------------


class _Needs(HTMLParser):
    """What a browser fetches for a page: styles, scripts, pictures, the icon, preloads."""

    def __init__(self) -> None:
        super().__init__()
        self.urls: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        have = dict(attributes)
        kinds = (have.get("rel") or "").split()
        if tag == "link" and {"stylesheet", "icon", "preload", "modulepreload", "manifest"} & set(kinds):
            self.urls.append(have["href"])
        elif tag in ("script", "img", "source", "iframe", "video", "audio") and have.get("src"):
            self.urls.append(have["src"])


def _weight() -> Iterator[Result]:
    page = fetch(ALONE + PAGE)
    needs = _Needs()
    needs.feed(page.decode())
    sizes = {PAGE: len(fetch(ALONE + PAGE, GZIP))}
    fonts: dict[str, int] = {}
    for url in dict.fromkeys(urljoin(ALONE + PAGE, one) for one in needs.urls):
        if not url.startswith(ALONE):
            raise RuntimeError(f"the page asks another site: {url}")
        body = fetch(url, GZIP)
        sizes[url.removeprefix(ALONE)] = len(body)
        if url.endswith(".css"):
            for inner in dict.fromkeys(re.findall(r"url\([\"']?([^\"')]+)[\"']?\)", body.decode())):
                fonts[urljoin(url, inner).removeprefix(ALONE)] = len(fetch(urljoin(url, inner), GZIP))
    sizes = {path: size for path, size in sizes.items() if path not in fonts}
    note = "bodies as `tansiq serve` alone sends them: the page compressed, the style sheet not"
    light = sum(sizes.values()) / 1000
    heavy, requests = light + sum(fonts.values()) / 1000, len(sizes) + len(fonts)
    more = {"sizes": sizes, "fonts": fonts}
    yield Result("P1b weight", heavy, "KB", "<= 100 KB", heavy <= 100, note=note, more=more)
    yield Result("P1b weight without fonts", light, "KB", "<= 25 KB", light <= 25)
    yield Result("P1b requests", requests, "requests", "<= 5", requests <= 5)


# --- not cached -----------------------------------------------------------------------------------------------------


def _not_cached(data: Path) -> Result:
    command = [sys.executable, "-m", "benchmarks.p1_public_page", PAGE]
    runs = [json.loads(timed(command, environment(data))[1]) for _round in range(3)]
    figure = median(one["cpu_ms"] for one in runs)
    note = f"{runs[0]['queries']} SQL queries"
    return Result("P1 not cached", figure, "ms CPU", "<= 15 ms", figure <= 15, note=note, more={"rounds": runs})


def _in_process(path: str, times: int = 200) -> None:
    """Django's application without the page cache: CPU of one answer after twenty to warm up, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from tansiq.config.wsgi import django_application

    environ = {
        "REQUEST_METHOD": "GET", "PATH_INFO": path, "SERVER_NAME": "127.0.0.1", "SERVER_PORT": "80",
        "HTTP_HOST": "127.0.0.1", "wsgi.url_scheme": "http", "wsgi.input": sys.stdin.buffer,
    }  # fmt: skip
    status: list[str] = []

    def ask() -> bytes:
        answer = django_application(dict(environ), lambda line, headers: status.append(line))
        body = b"".join(answer)
        answer.close()
        return body

    for _warm in range(20):
        ask()
    started = time.process_time()
    for _one in range(times):
        ask()
    cpu_ms = (time.process_time() - started) / times * 1000
    if set(status) != {"200 OK"}:
        raise SystemExit(f"{path} answers {set(status)}")
    connection.ensure_connection()
    with CaptureQueriesContext(connection) as queries:
        ask()
    print(json.dumps({"cpu_ms": round(cpu_ms, 2), "queries": len(queries)}))


if __name__ == "__main__":
    _in_process(sys.argv[1])
