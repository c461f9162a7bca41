"""The command `tansiq test`: the test of an activity by its name, and the table of a file."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

from django.utils.translation import gettext as _

from tansiq.config.asked import one_of
from tansiq.config.registering import read_table
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.participation import testsheets
from tansiq.participation.models import Assessment, Moment
from tansiq.programme.models import Activity


def assessment_of(slug: str) -> Assessment:
    """The test of an activity. Raises Refused with what to do where it has none."""
    activity = one_of(Activity, slug)
    found = Assessment.objects.filter(activity=activity).select_related("activity").first()
    if found is None:
        message = _("The activity “%(slug)s” has no test yet. Write it in the section “tests” of its programme file, or at the desk.")  # fmt: skip
        raise Refused(message % {"slug": slug})
    return found


def read(slug: str, moment: str, file: Path, *, by: Any, now: dt.datetime) -> dict[str, Any]:
    """What `testsheets.enter` gives of a file. Raises BadInput, Refused."""
    if moment not in Moment.values:
        message = _("“%(given)s” is no moment of a test. Write before or after.") % {"given": moment[:40]}
        raise BadInput([Problem("tansiq test", "", message)])
    return testsheets.enter(assessment_of(slug), moment, read_table(file), by=by, now=now)
