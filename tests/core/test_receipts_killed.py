"""A process that is killed in the middle of a batch: what it answered for is there, and sent again nothing doubles."""

import os
import signal
import subprocess
import sys

import pytest

from tests.config.conftest import data, environment, migrated  # noqa: F401
from tests.conftest import ROOT

SCRIPT = """
import datetime as dt, hashlib, os, uuid
os.environ["DJANGO_SETTINGS_MODULE"] = "tansiq.config.settings"
import django; django.setup()
from tansiq.core import journal, receipts
from tansiq.core.models import Receipt, Source

def verb(item, *, by, now):
    return Source.objects.create(scope="killed", key=item.body["key"], title={"ar": "مصدر"}), {}

receipts.register("note", verb)
now = dt.datetime(2020, 7, 28, 9, 0, tzinfo=dt.UTC)
for number in range(200):
    content = receipts.canonical({"key": f"k{number}"})
    item = receipts.Item(uuid.UUID(int=number + 1), "note", content, hashlib.sha256(content).hexdigest())
    assert receipts.receive(item, by=journal.CLI, now=now).status == "received"
    print(number, flush=True)
print("all", Receipt.objects.count(), Source.objects.filter(scope="killed").count(), flush=True)
"""


@pytest.mark.slow
def test_killed_three_times_in_a_batch_of_200_every_item_counts_once(data):
    words = {"args": [sys.executable, "-c", SCRIPT], "cwd": ROOT, "env": environment(data), "text": True}
    for stop in (20, 70, 140):
        child = subprocess.Popen(**words, stdout=subprocess.PIPE)
        for line in child.stdout:
            if line.strip() == str(stop):
                os.kill(child.pid, signal.SIGKILL)
                break
        assert child.wait() == -signal.SIGKILL
        child.stdout.close()
    done = subprocess.run(**words, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "all 200 200"
