"""Sections that only an archive holds of who came: registrations with attendance, tests and certificates, and the keys.

An archive holds of a person what stays when that person is erased: numbers, hours, scores, signatures, never a name, an
address, a link or an answer. What goes after its time must not come back from a file that nobody remembers. Certificates
keep code and signature, so that they are checked as before; the public halves of the keys go along.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from joserfc.jwk import OKPKey

from tansiq.core import journal
from tansiq.core.exchange import Loading, Section, array, obj, plain, register
from tansiq.core.localized import Localized
from tansiq.participation import keys
from tansiq.participation.models import (
    Admission,
    Assessment,
    AttendanceReport,
    Certificate,
    QuestionSet,
    SigningKey,
)
from tansiq.programme.exchange import programme_of
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

STR: dict[str, Any] = {"type": "string", "maxLength": 300}
INT: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
BOOL: dict[str, Any] = {"type": "boolean"}
DAY: dict[str, Any] = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
INSTANT: dict[str, Any] = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T", "maxLength": 40}
JSON: dict[str, Any] = {"type": "object"}
SHA: dict[str, Any] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def enum(choices: Any) -> dict[str, Any]:
    return {"enum": [choice.value for choice in choices]}


KEY = obj({"id": {**STR, "maxLength": 80}, "x": {**STR, "maxLength": 80}, "made": INSTANT}, ["id", "x", "made"])
_SET = obj({"number": INT, "digest": SHA, "questions": array(JSON)}, ["number", "digest", "questions"])
VERSIONS = obj({"activity": STR, "versions": array(_SET)}, ["activity", "versions"])
REPORT = obj(
    {"activity": STR, "platform": {**STR, "maxLength": 20}, "rows": INT, "sha256": SHA, "read": INSTANT},
    ["activity", "platform", "rows", "sha256", "read"],
)


# --- What loaders share ---------------------------------------------------------------------------------------------


def iso(value: dt.date | dt.datetime | None) -> str | None:
    return plain(value) if value else None


def instant(loading: Loading, value: str | None, path: str) -> Any:
    """The instant; a problem where there is none such, or it says no zone."""
    if not value:
        return None
    try:
        found = dt.datetime.fromisoformat(value)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        loading.problem(path, _("“%(value)s” is no instant. Write 2020-07-28T09:00:00+00:00.") % {"value": value})
        return loading.now
    return found


def day(loading: Loading, value: str | None, path: str) -> Any:
    try:
        return dt.date.fromisoformat(value) if value else None
    except ValueError:
        loading.problem(path, _("“%(value)s” is no day. Write 2020-07-28.") % {"value": value})
        return None


class Once:
    """Says where something stands a second time."""

    def __init__(self, loading: Loading) -> None:
        self.loading, self.seen = loading, set[Any]()

    def __call__(self, key: Any, path: str) -> bool:
        """Is it the first time? Else there is a problem at `path`."""
        if key in self.seen:
            shown = key[-1] if isinstance(key, tuple) else key
            self.loading.problem(path, _("“%(key)s” stands twice.") % {"key": shown})
            return False
        self.seen.add(key)
        return True


def nameless(loading: Loading) -> Localized:
    """What stands in the place of a name, as after an erasure."""
    with translation.override(loading.language):
        return Localized({loading.language: pgettext("instead of a person's name", "erased")})


def late(load: Callable[[Loading, Any], None]) -> Callable[[Loading, Any], None]:
    """A loader that runs when all sections of a programme file are there: places, tests, letters."""
    return lambda loading, items: loading.later.append(lambda: load(loading, items))


def kept_here(loading: Loading, section: str, record: Any, number: int) -> None:
    """What this installation holds of an activity it keeps: a file changes no place and no answer."""
    for _one in range(number):
        loading.note(section, record, {}, {})


def admissions_of(loading: Loading) -> dict[str, Admission]:
    rows = Admission.objects.filter(activity__programme=programme_of(loading))
    return {row.activity.slug: row for row in rows.select_related("activity__programme")}


def admission_of(loading: Loading, known: dict[str, Admission], slug: str, path: str) -> Admission | None:
    if slug not in known:
        message = _("The section “quotas” says nothing of “%(activity)s”.") % {"activity": slug}
        loading.problem(path, message)
    return known.get(slug)


# --- Keys -----------------------------------------------------------------------------------------------------------


def export_keys(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    signed = Certificate.objects.filter(registration__admission__activity__programme=programme)
    rows = SigningKey.objects.filter(pk__in=signed.values("key")).order_by("made_at")
    return [{"id": row.key_id, "x": row.public_key, "made": iso(row.made_at)} for row in rows]


def load_keys(loading: Loading, items: list[dict[str, Any]]) -> None:
    """Public halves that are to be believed here. They sign nothing here: their private halves are elsewhere.

    Whoever brings a key in can make any certificate valid. That is for whoever runs the installation, on the command line.
    """
    known = set(SigningKey.objects.values_list("key_id", flat=True))
    for number, item in enumerate(items):
        path = f"signing_keys[{number}]"
        if not _is_its_own(item):
            loading.problem(path, _("This is no Ed25519 key, or its identifier is another key’s."))
        elif item["id"] in known:
            kept_here(loading, "signing keys", None, 1)
        elif loading.by != journal.CLI:
            message = _("The key %(key)s that signed certificates is not known here. Whoever runs the installation decides whether it is believed: tansiq load ARCHIVE.zip")  # fmt: skip
            loading.problem(path, message % {"key": item["id"]})
        else:
            made = instant(loading, item["made"], f"{path}.made")
            row = SigningKey(key_id=item["id"], public_key=item["x"], made_at=made, retired_at=loading.now)
            loading.note("signing keys", row, None, {"key_id": row.key_id})
            row.save()
            known.add(row.key_id)


def _is_its_own(item: dict[str, Any]) -> bool:
    try:
        key = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": item["x"]})
        return len(keys.decode(item["x"])) == 32 and key.thumbprint() == item["id"]
    except (ValueError, TypeError):
        return False


# --- Questions as they were answered, reports as they were read ----------------------------------------------------


def export_versions(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    found: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = QuestionSet.objects.filter(assessment__activity__programme=programme).select_related("assessment__activity")
    for row in rows.order_by("assessment__activity__position", "assessment__activity__slug", "number"):
        one = {"number": row.number, "digest": row.digest, "questions": plain(row.questions)}
        found[row.assessment.activity.slug].append(one)
    return [{"activity": slug, "versions": sets} for slug, sets in found.items()]


def load_versions(loading: Loading, items: list[dict[str, Any]]) -> None:
    rows = Assessment.objects.filter(activity__programme=programme_of(loading)).select_related("activity")
    tests = {row.activity.slug: row for row in rows.prefetch_related("sets")}
    once = Once(loading)
    for number, item in enumerate(items):
        path = f"test_versions[{number}]"
        test = tests.get(item["activity"])
        if test is None:
            message = _("The section “tests” says nothing of “%(activity)s”.") % {"activity": item["activity"]}
            loading.problem(f"{path}.activity", message)
        elif test.sets.all():
            kept_here(loading, "versions of tests", test, len(item["versions"]))
        else:
            for index, one in enumerate(item["versions"]):
                here = f"{path}.versions[{index}]"
                if not (once((test.pk, "number", one["number"]), here) and once((test.pk, one["digest"]), here)):
                    continue
                row = QuestionSet(
                    assessment=test, number=one["number"], digest=one["digest"], questions=one["questions"]
                )
                loading.note("versions of tests", row, None, {"number": row.number})
                row.save()


def export_reports(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    """That a report was read and which file it was, so that a copy that somebody kept can be held against it."""
    rows = AttendanceReport.objects.filter(admission__activity__programme=programme).select_related(
        "admission__activity"
    )
    return [
        {
            "activity": row.admission.activity.slug, "platform": row.platform, "rows": row.rows, "sha256": row.sha256,
            "read": iso(row.read_at),
        }
        for row in rows.order_by("admission__activity__position", "read_at", "sha256")
    ]  # fmt: skip


def load_reports(loading: Loading, items: list[dict[str, Any]]) -> None:
    known = admissions_of(loading)
    rows = AttendanceReport.objects.filter(admission__in=known.values())
    seen = set(rows.values_list("admission", "sha256"))
    for number, item in enumerate(items):
        path = f"attendance_reports[{number}]"
        admission = admission_of(loading, known, item["activity"], f"{path}.activity")
        if admission is None:
            continue
        if (admission.pk, item["sha256"]) in seen:
            kept_here(loading, "attendance reports", admission, 1)
            continue
        seen.add((admission.pk, item["sha256"]))
        row = AttendanceReport(
            admission=admission, platform=item["platform"], file_name=item["platform"], rows=item["rows"],
            sha256=item["sha256"], read_at=instant(loading, item["read"], f"{path}.read"),
        )  # fmt: skip
        loading.note("attendance reports", row, None, {"platform": row.platform, "rows": row.rows})
        row.save()


register(
    "programme",
    Section("signing_keys", array(KEY), load_keys, export_keys, permission="participation.view_certificate", is_archive=True),
    Section("test_versions", array(VERSIONS), late(load_versions), export_versions, permission="participation.view_attempt", is_archive=True),
    Section("attendance_reports", array(REPORT), late(load_reports), export_reports, permission="participation.view_attendance", is_archive=True),
)  # fmt: skip
