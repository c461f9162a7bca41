"""Certificates whose printed text is no longer what the activity is: foreseen before a change, followed up after it.

They are signed, so that nothing of them is mended: each is issued anew, with a new number, or it stays and somebody says
why.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Generator, Iterator
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.coordination import impact
from tansiq.core import jobs, journal
from tansiq.core.errors import Refused
from tansiq.participation import certificates
from tansiq.participation.models import Admission, Certificate
from tansiq.programme.models import Activity


def differing(said: dict[str, Any], course: dict[str, Any]) -> list[str]:
    """What of a certified course is otherwise, in the language of the moment. A language that was added makes nothing false."""

    def texts(name: str) -> bool:
        return any(course.get(name, {}).get(code) != text for code, text in said.get(name, {}).items())

    found = [
        (_("title"), texts("title")),
        (_("day"), any(said.get(name) != course.get(name) for name in ("from", "to"))),
        (_("place"), said.get("mode") == course.get("mode") and texts("place")),
        (_("in person, remote or both"), said.get("mode") != course.get("mode")),
        (_("length"), said.get("minutes") != course.get("minutes")),
        (_("kind"), said.get("kind") != course.get("kind")),
    ]
    return [name for name, is_so in found if is_so]


def false_of(activity: Activity, *, hours: int | None = None) -> Iterator[tuple[Certificate, list[str]]]:
    """Valid certificates that say of the activity, as the object has it, what is not so, and what that is.

    hours  as the rule would say them, where that is to be changed
    """
    rows = Certificate.objects.filter(
        registration__admission__activity=activity.pk, state=Certificate.State.VALID
    ).order_by("year", "serial")
    if not rows:
        return
    admission = Admission.objects.get(activity=activity.pk)
    admission.activity = activity
    if hours is not None:
        admission.certificate = {**admission.certificate, "hours": hours}
    course = certificates.course_of(admission)
    for row in rows:
        differ = differing(row.course, course)
        if not activity.takes_place:
            differ.insert(0, _("state"))
        if differ:
            yield row, differ


def given(activity: Activity, *, hours: int | None = None) -> Iterator[impact.Given]:
    for row, differ in false_of(activity, hours=hours):
        note = _("It is signed and says otherwise: %(what)s.") % {"what": ", ".join(differ)}
        url = f"{settings.TANSIQ_SITE_URL}/desk/certificates/edit/{row.pk}/"
        what = _("Certificate %(number)s") % {"number": row.number}
        yield impact.Given("certificate", row, row.journal_label(), what, url, note)


impact.gives_out(
    Certificate, "registration__admission__activity", "participation.revoke_certificate", "participation.replace_certificate"
)(given)  # fmt: skip


def by_hours(activity: Activity, hours: int) -> tuple[list[int | None], list[impact.Affected]]:
    """What becomes false if the rule said so many hours: ([hours before, after], what); nothing is written."""
    admission = Admission.objects.filter(activity=activity.pk).first()
    before = admission.certificate.get("hours") if admission else None
    already = {one.subject.pk for one in given(activity)}
    name = _("Hours, as printed")
    why = f"{name}: {before or '–'} → {hours}"
    found = [
        impact.Affected(one.kind, one.what, one.url, f"{why}. {one.note}", one.subject)
        for one in given(activity, hours=hours)
        if one.subject.pk not in already
    ]
    return [before, hours], found


# --- Issued anew ----------------------------------------------------------------------------------------------------


def start_anew(*, admission: Admission, because: str, key: str, by: Any, now: dt.datetime) -> Any:
    """Issue all that are false anew in the background, with what is so now; the same `key` again starts nothing.

    Raises certificates.NotValid without a reason.
    """
    because = because.strip()[:300]
    if not because:
        raise certificates.NotValid(_("Say why the certificate is issued anew: it stands in the journal."))
    what = {"admission": str(admission.pk), "by": str(journal.actor(by).id or ""), "because": because}
    label = _("Certificates issued anew") + f": {admission.activity.title.text().value}"
    return jobs.start(kind="certificates_anew", key=f"certificates-anew:{key}", label=label, given=what, by=by, now=now)


@jobs.runner("certificates_anew")
def _anew(job: Any) -> Generator[tuple[int, int], None, dict[str, Any]]:
    """Run again it goes on: who got a new one in the first run is no longer in the list."""
    admission = Admission.objects.select_related("activity__programme", "activity__place").get(
        pk=job.given["admission"]
    )
    by = journal.Actor("user", uuid.UUID(job.given["by"])) if job.given["by"] else journal.CLI
    rows = [row for row, _differ in false_of(admission.activity)]
    done, refused = 0, list[str]()
    for number, row in enumerate(rows, start=1):
        try:
            certificates.reissue(
                certificate=row, because=job.given["because"], by=by, now=timezone.now(), course_too=True
            )
            done += 1
        except Refused as refusal:
            refused.append(f"{row.number}: {refusal}")
        yield number, len(rows)
    return {"certificates": done, "refused": refused}
