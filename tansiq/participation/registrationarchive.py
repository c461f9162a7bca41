"""The section `registrations` of an archive: by numbers that name nobody, with attendance, tests and certificates.

A certificate keeps code and signature, so that it is checked as before it was archived; what nobody signed does not come in.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from tansiq.core.exchange import Loading, Section, array, drop_empty, obj, plain, register
from tansiq.participation import keys, places, sealing
from tansiq.participation.archiving import (
    BOOL,
    DAY,
    INSTANT,
    INT,
    JSON,
    SHA,
    STR,
    Once,
    admission_of,
    admissions_of,
    day,
    enum,
    instant,
    iso,
    kept_here,
    late,
    nameless,
)
from tansiq.participation.models import (
    Admission,
    Attempt,
    Attendance,
    Certificate,
    CertificateApproval,
    CertificateSeries,
    Moment,
    QuestionSet,
    Registration,
    SigningKey,
)
from tansiq.people.models import Person, Region
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

_CODE: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 32}
CERTIFICATE = obj(
    {
        "year": {**INT, "maximum": 9999}, "serial": INT, "code": _CODE, "key": STR, "signature": {**STR, "maxLength": 120},
        "signed": JSON, "language": {**STR, "maxLength": 12}, "state": enum(Certificate.State), "issued": INSTANT,
        "valid_until": DAY, "revoked": INSTANT, "because": STR, "replaces": STR, "sha256": {**JSON, "additionalProperties": SHA},
    },
    ["year", "serial", "code", "key", "signature", "signed", "language", "state", "issued"],
)  # fmt: skip
_ATTENDED = obj(
    {"day": DAY, "how": enum(Attendance.How), "minutes": INT, "recorded": INSTANT},
    ["day", "how", "minutes", "recorded"],
)
_TRY = obj(
    {
        "moment": enum(Moment), "try": {"enum": [1, 2]}, "questions": INT, "how": enum(Attempt.How), "points": JSON,
        "score": {"type": "number", "minimum": 0, "maximum": 100}, "begun": INSTANT, "handed_in": INSTANT,
    },
    ["moment", "try", "questions", "how", "score", "begun", "handed_in"],
)  # fmt: skip
_STATES = [one.value for one in Registration.State if one != Registration.State.UNVERIFIED]
_PERSON = obj(
    {
        "number": INT, "person": INT, "fictional": BOOL, "state": {"enum": _STATES}, "region": STR,
        "profession": {**STR, "maxLength": 60}, "organisation": STR, "language": {**STR, "maxLength": 12},
        "how": enum(Registration.How), "made": INSTANT, "placed": INSTANT, "reason": JSON, "attended": BOOL,
        "approved": INSTANT, "attendance": array(_ATTENDED), "tests": array(_TRY), "certificates": array(CERTIFICATE),
    },
    ["number", "person", "state", "language", "how", "made"],
)  # fmt: skip
_MOVED = obj(
    {"by": STR, "key": STR, "number": {"type": "integer", "minimum": -100_000, "maximum": 100_000}}, ["by", "number"]
)
REGISTRATIONS = obj({"activity": STR, "moved": array(_MOVED), "people": array(_PERSON)}, ["activity", "people"])


def export_registrations(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    """Each activity with its numbers; `person` is one number for one person in the whole archive."""
    tries = Attempt.objects.filter(submitted_at__isnull=False).select_related("asked").order_by("-moment", "number")
    certificates = Certificate.objects.select_related("key", "replaces").order_by("issued_at", "year", "serial")
    rows = (
        Registration.objects.filter(admission__activity__programme=programme)
        .exclude(state=Registration.State.UNVERIFIED)
        .select_related("person", "organisation", "certificate_approval")
        .prefetch_related(
            Prefetch("attendances", Attendance.objects.order_by("day", "how")), Prefetch("attempts", tries),
            Prefetch("certificates", certificates),
        )
        .order_by("number")
    )  # fmt: skip
    of: dict[Any, list[Registration]] = defaultdict(list)
    for row in rows:
        of[row.admission_id].append(row)
    persons: dict[Any, int] = {}
    admissions = Admission.objects.filter(activity__programme=programme).select_related("activity")
    found = []
    for admission in admissions.prefetch_related("quotas").order_by("activity__position", "activity__slug"):
        moved = [
            drop_empty({"by": one.dimension, "key": one.key, "number": one.moved})
            for one in sorted(admission.quotas.all(), key=lambda one: (one.dimension, one.key))
            if one.moved
        ]
        people = [_written(row, persons, out) for row in of[admission.pk]]
        if people:
            found.append(drop_empty({"activity": admission.activity.slug, "moved": moved, "people": people}))
    return found


def _written(row: Registration, persons: dict[Any, int], out: Exporting) -> dict[str, Any]:
    approval = getattr(row, "certificate_approval", None)
    return drop_empty(
        {
            "number": row.number, "person": persons.setdefault(row.person_id, len(persons) + 1),
            "fictional": row.person.is_fictional or None, "state": row.state, "region": row.region_id,
            "profession": row.profession, "organisation": out.use(row.organisation), "language": row.language,
            "how": row.how, "made": iso(row.made_at), "placed": iso(row.placed_at), "reason": plain(row.reason),
            "attended": row.attended, "approved": iso(approval and approval.approved_at),
            "attendance": [
                {"day": iso(one.day), "how": one.how, "minutes": one.minutes, "recorded": iso(one.recorded_at)}
                for one in row.attendances.all()
            ],
            "tests": [
                {
                    "moment": one.moment, "try": one.number, "questions": one.asked.number, "how": one.how,
                    "points": plain(one.points), "score": float(one.score or 0), "begun": iso(one.begun_at),
                    "handed_in": iso(one.submitted_at),
                }
                for one in row.attempts.all()
            ],
            "certificates": [_certificate(one) for one in row.certificates.all()],
        }
    )  # fmt: skip


def _certificate(one: Certificate) -> dict[str, Any]:
    return drop_empty(
        {
            "year": one.year, "serial": one.serial, "code": one.code, "key": one.key.key_id, "signature": one.signature,
            "signed": one.signed, "language": one.language, "state": one.state, "issued": iso(one.issued_at),
            "valid_until": iso(one.valid_until), "revoked": iso(one.revoked_at), "because": one.revoked_because,
            "replaces": one.replaces.number if one.replaces else None,
            "sha256": {language: file["sha256"] for language, file in sorted(one.files.items())},
        }
    )  # fmt: skip


class _Registrations:
    """One load of the section: what is to be written, all rows of a kind at once."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading
        self.once = Once(loading)
        self.persons: dict[int, Person] = {}
        self.regions = set(Region.objects.values_list("code", flat=True))
        self.keys = {row.key_id: row for row in SigningKey.objects.all()}
        self.sets: dict[tuple[Any, int], QuestionSet] = {
            (row.assessment.activity_id, row.number): row for row in QuestionSet.objects.select_related("assessment")
        }
        taken = Certificate.objects.values_list("code", "year", "serial")
        self.taken = {one for code, *number in taken for one in (code, tuple(number))}
        self.issued: dict[str, Certificate] = {}
        self.rows: dict[type, list[Any]] = {
            one: [] for one in (Person, Registration, Attendance, Attempt, CertificateApproval, Certificate)
        }

    def add(self, section: str, row: Any, picture: dict[str, Any]) -> None:
        self.loading.note(section, row, None, plain(picture))
        self.rows[type(row)].append(row)

    def write(self) -> None:
        for model, rows in self.rows.items():
            model.objects.bulk_create(rows, batch_size=500)  # type: ignore[attr-defined]

    def registration(self, admission: Admission, item: dict[str, Any], path: str) -> None:
        loading = self.loading
        if not self.once((admission.pk, item["number"]), f"{path}.number"):
            return
        if item.get("region", "") not in self.regions | {""}:
            known = ", ".join(sorted(self.regions)) or "-"
            text = _("There is no region “%(key)s” in the country pack. Known: %(known)s.")
            loading.problem(f"{path}.region", text % {"key": item["region"], "known": known})
            return
        organisation = item.get("organisation")
        row = Registration(
            admission=admission, person=self.person(item), number=item["number"], region_id=item.get("region") or None,
            organisation=loading.find("organisations", organisation, f"{path}.organisation") if organisation else None,
            profession=item.get("profession", ""), language=item["language"], how=item["how"], state=item["state"],
            has_place=item["state"] == Registration.State.CONFIRMED, reason=item.get("reason", {}),
            made_at=instant(loading, item["made"], f"{path}.made"), attended=item.get("attended"),
            placed_at=instant(loading, item.get("placed"), f"{path}.placed"),
        )  # fmt: skip
        self.add("registrations", row, {"number": row.number, "state": row.state})
        if "approved" in item:
            approved = instant(loading, item["approved"], f"{path}.approved")
            self.add(
                "approvals of certificates",
                CertificateApproval(registration=row, approved_at=approved),
                {"approved": True},
            )
        for index, one in enumerate(item.get("attendance", [])):
            self.attendance(row, one, f"{path}.attendance[{index}]")
        for index, one in enumerate(item.get("tests", [])):
            self.attempt(row, one, f"{path}.tests[{index}]")
        for index, one in enumerate(item.get("certificates", [])):
            self.certificate(row, one, f"{path}.certificates[{index}]")

    def person(self, item: dict[str, Any]) -> Person:
        if item["person"] not in self.persons:
            row = Person(
                name=nameless(self.loading), reference_language=self.loading.language,
                is_fictional=item.get("fictional", False),
            )  # fmt: skip
            self.persons[item["person"]] = row
            self.add("persons without a name", row, {"name": False})
        return self.persons[item["person"]]

    def attendance(self, registration: Registration, item: dict[str, Any], path: str) -> None:
        if self.once((registration.pk, item["how"], item["day"]), path):
            row = Attendance(
                registration=registration, day=day(self.loading, item["day"], f"{path}.day"), how=item["how"],
                minutes=item["minutes"], recorded_at=instant(self.loading, item["recorded"], f"{path}.recorded"),
            )  # fmt: skip
            self.add("attendance", row, {"day": row.day, "minutes": row.minutes})

    def attempt(self, registration: Registration, item: dict[str, Any], path: str) -> None:
        asked = self.sets.get((registration.admission.activity_id, item["questions"]))
        if asked is None:
            self.loading.problem(f"{path}.questions", _("The section “test_versions” has no such version."))
        elif self.once((registration.pk, item["moment"], item["try"]), path):
            row = Attempt(
                registration=registration, asked=asked, moment=item["moment"], number=item["try"], how=item["how"],
                points=item.get("points", {}), score=Decimal(str(item["score"])).quantize(Decimal("0.01")),
                begun_at=instant(self.loading, item["begun"], f"{path}.begun"),
                submitted_at=instant(self.loading, item["handed_in"], f"{path}.handed_in"),
            )  # fmt: skip
            self.add("tries of tests", row, {"moment": row.moment, "number": row.number})

    def certificate(self, registration: Registration, item: dict[str, Any], path: str) -> None:
        """Only what was signed comes in, and under its own number and code."""
        loading, key = self.loading, self.keys.get(item["key"])
        number = f"{item['serial']}/{item['year']}"
        if key is None:
            loading.problem(f"{path}.key", _("There is no key “%(key)s”.") % {"key": item["key"]})
            return
        signed = item["signed"]
        is_signed = sealing.is_genuine(signed, item["signature"], keys.decode(key.public_key))
        says = (signed.get("number"), signed.get("code"), signed.get("valid_until"))
        if not is_signed or says != (number, item["code"], item.get("valid_until")):
            loading.problem(path, _("Certificate %(number)s is not what was signed.") % {"number": number})
            return
        if {item["code"], (item["year"], item["serial"])} & self.taken:
            message = _("The number or the code of certificate %(number)s is taken here by another one.")
            loading.problem(path, message % {"number": number})
            return
        self.taken |= {item["code"], (item["year"], item["serial"])}
        is_valid = item["state"] == Certificate.State.VALID
        if is_valid and not self.once((registration.pk, "valid"), path):
            return
        if is_valid == ("revoked" in item):
            loading.problem(f"{path}.revoked", _("A valid certificate was not revoked; any other has the instant."))
            return
        row = Certificate(
            registration=registration, year=item["year"], serial=item["serial"], code=item["code"], key=key,
            signature=item["signature"], signed=signed, language=item["language"], state=item["state"],
            issued_at=instant(loading, item["issued"], f"{path}.issued"),
            valid_until=day(loading, item.get("valid_until"), f"{path}.valid_until"),
            revoked_at=instant(loading, item.get("revoked"), f"{path}.revoked"), revoked_because=item.get("because", ""),
            replaces=self.issued.get(item.get("replaces", "")),
            files={language: {"name": "", "sha256": sha} for language, sha in item.get("sha256", {}).items()},
        )  # fmt: skip
        self.issued[row.number] = row
        self.add("certificates", row, {"number": row.number, "state": row.state})


def load_registrations(loading: Loading, items: list[dict[str, Any]]) -> None:
    """Into an activity that nobody registered for here; where somebody did, all stays as it is here."""
    known = admissions_of(loading)
    taken_up = _Registrations(loading)
    filled: list[tuple[Admission, dict[str, Any], str]] = []
    for number, item in enumerate(items):
        path = f"registrations[{number}]"
        admission = admission_of(loading, known, item["activity"], f"{path}.activity")
        if admission is None or not taken_up.once(item["activity"], f"{path}.activity"):
            continue
        if admission.registrations.exists():
            kept_here(loading, "registrations", admission, len(item["people"]))
            continue
        for index, one in enumerate(item["people"]):
            taken_up.registration(admission, one, f"{path}.people[{index}]")
        filled.append((admission, item, path))
    if loading.problems:
        return
    taken_up.write()
    for admission, item, path in filled:
        moved = {(one["by"], one.get("key", "")): one["number"] for one in item.get("moved", [])}
        top = max((one["number"] for one in item["people"]), default=0)
        try:
            places.take_up(admission, moved=moved, arrivals=top)
        except places.TooSmall as refusal:
            loading.problem(f"{path}.people", str(refusal))
    for row in taken_up.rows[Certificate]:
        CertificateSeries.objects.get_or_create(year=row.year)
        CertificateSeries.objects.filter(year=row.year, last__lt=row.serial).update(last=row.serial)


def by_number(admission: Admission) -> dict[int, Any]:
    """{number: id} of those who are registered by now: whoever names one by number loads after them."""
    return dict(admission.registrations.values_list("number", "pk"))


register(
    "programme",
    Section(
        "registrations", array(REGISTRATIONS), late(load_registrations), export_registrations,
        permission="participation.view_registration", is_archive=True,
    ),
)  # fmt: skip
