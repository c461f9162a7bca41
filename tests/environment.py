"""The environment of the tests, set before pytest-django reads the settings (`-p tests.environment`)."""

import atexit
import os
import shutil
import tempfile

os.environ["TANSIQ_DATA"] = tempfile.mkdtemp(prefix="tansiq-test-")
atexit.register(shutil.rmtree, os.environ["TANSIQ_DATA"], ignore_errors=True)
os.environ["TANSIQ_DEBUG"] = "1"  # static files by their plain names; pytest-django switches DEBUG itself off
os.environ["TANSIQ_SITE_URL"] = "http://testserver"
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
for name in ("TANSIQ_PACK", "TANSIQ_DEMO", "TANSIQ_MAIL_HOST"):
    os.environ.pop(name, None)
