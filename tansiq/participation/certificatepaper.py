"""A certificate as a PDF, sealed; many of them in one PDF for the printer.

The issued file is stored: what a person holds and what we hold are the same bytes, whatever later versions of the
typesetter would make of the same words.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from tansiq.coordination.models import Function
from tansiq.coordination.paper import in_words
from tansiq.core import packs, pdf
from tansiq.core.language import direction, script
from tansiq.core.localized import Localized
from tansiq.media import assets
from tansiq.media.models import Asset, Logo
from tansiq.participation import codes, keys, protocol, qrcodes, sealing
from tansiq.participation.models import Admission, Certificate
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Involvement, Role

_LOGO_WIDTH = 640
_SHORT = 90  # letters of a title (of a name half of them) that are sure to leave room on the page
TEMPLATE = Path(__file__).with_name("typst") / "certificate.typ"
# Who answers for a course; those who merely came to it do not stand on its certificates.
_ANSWER = (
    Role.ORGANISER, Role.PARTNER, Role.COOPERATION, Role.SUPPORT, Role.FUNDER, Role.IMPLEMENTER, Role.ACCOUNTABLE, Role.HOST,
)  # fmt: skip


def address_of(code: str) -> str:
    """Where anybody checks the certificate: what its QR code says."""
    return f"{settings.TANSIQ_SITE_URL}/v/{code}"


def logo_order(activity: Activity) -> list[Organisation]:
    """The body itself, then those who answer for the activity, or else for its programme, then who pays its project.

    In the order of logos that the desk sees and moves, each once.
    """
    subjects = [activity.pk, activity.programme_id, activity.project_id]
    rows = Involvement.objects.filter(subject_id__in=[one for one in subjects if one]).select_related("organisation")
    found: dict[Any, list[Organisation]] = {}
    for row in rows.order_by("position", "id"):
        if row.role in (_ANSWER if row.subject_id != activity.project_id else (Role.FUNDER,)):
            found.setdefault(row.subject_id, []).append(row.organisation)
    body = list(Organisation.objects.filter(slug=packs.section("body") or ""))
    of_activity = found.get(activity.pk) or found.get(activity.programme_id, [])
    order = {seat.subject.pk: place for place, seat in enumerate(protocol.logos(activity))}
    shown = dict.fromkeys([*of_activity, *found.get(activity.project_id, [])])
    return list(dict.fromkeys([*body, *sorted(shown, key=lambda one: order.get(one.pk, len(order)))]))


@dataclass
class Sheet:
    """What all certificates of an activity share: read once, used for hundreds.

    logos  {organisation id: bytes} of those whose logo we have a right to show
    """

    organisations: list[Organisation]
    signatory: Function | None
    logos: dict[str, bytes] = field(default_factory=dict)


def sheet_of(admission: Admission, *, now: dt.datetime) -> Sheet:
    organisations = logo_order(admission.activity)
    rows = Logo.objects.filter(organisation__in=organisations).exclude(right="").select_related("asset")
    shown = set(Asset.objects.public(now).filter(logo__in=rows).values_list("pk", flat=True))
    logos = {}
    for row in rows:
        if row.asset_id in shown and row.asset.kind == Asset.Kind.IMAGE:
            with default_storage.open(assets.rendition(row.asset, _LOGO_WIDTH).stored_name) as file:
                logos[str(row.organisation_id)] = file.read()
    signatory = Function.objects.filter(slug=admission.certificate.get("signatory") or "").first()
    return Sheet(organisations, signatory, logos)


def _bodies(sheet: Sheet, language: str) -> list[dict[str, str]]:
    rows = []
    for one in sheet.organisations:
        name = one.name.text(language)
        image = str(one.pk) if str(one.pk) in sheet.logos else ""
        rows.append({"name": name.value, "language": name.language, "direction": name.direction, "image": image})
    return rows


def duration(minutes: int) -> str:
    """ "4 hours", "3 hours 30 minutes", in the language of the moment."""
    hours, rest = divmod(minutes, 60)
    parts = [
        ngettext("%(n)s hour", "%(n)s hours", hours) % {"n": hours} if hours else "",
        ngettext("%(n)s minute", "%(n)s minutes", rest) % {"n": rest} if rest else "",
    ]
    return " ".join(part for part in parts if part)


def body_of(course: Mapping[str, Any], language: str) -> str:
    """Who certifies, as it was called then."""
    return Localized(course.get("body", {})).text(language).value


def period(course: Mapping[str, Any]) -> str:
    """The days of a course as a partial date: one day, or "from/to"; "" where they are not known."""
    first, last = course.get("from"), course.get("to")
    return f"{first}/{last}" if first and last and first != last else first or last or ""


@functools.lru_cache(maxsize=256)
def _day(written: str, language: str) -> str:
    return in_words(written, language)


def _names(certificate: Certificate, language: str) -> list[dict[str, str]]:
    """The spelling in the script of the certificate's language first, then the other."""
    rows = [(code, text) for code, text in certificate.holder.items() if text]
    rows.sort(key=lambda row: (script(row[0]) != script(language), row[0] != language, row[0]))
    return [{"text": text, "language": code, "direction": direction(code)} for code, text in rows]


def _marks(certificate: Certificate) -> list[str]:
    """What nobody must take for more than it is."""
    found = (
        [_("Fictional example: this person does not exist.")] if certificate.registration.person.is_fictional else []
    )
    return [*found, _("Demonstration: this is no official document.")] if settings.TANSIQ_DEMO else found


def _data(certificate: Certificate, sheet: Sheet, language: str) -> dict[str, Any]:
    """What the template shows of one certificate. The language of the moment is `language`."""
    course = certificate.course
    title = Localized(course.get("title", {})).text(language)
    mode, place = course.get("mode", ""), Localized(course.get("place", {})).text(language).value
    how = Activity.Mode(mode).label if mode else ""
    where = place if mode == Activity.Mode.IN_PERSON and place else ", ".join(str(one) for one in (place, how) if one)
    if translation.get_language_bidi():
        where = where.replace(", ", "، ")
    minutes = course.get("minutes") or 0
    facts = [
        (pgettext("certificate", "No."), certificate.number, True),
        (pgettext("certificate", "Issued on"), _day(certificate.signed["issued"], language), False),
    ]
    if certificate.valid_until:
        facts.append(
            (pgettext("certificate", "Valid until"), _day(certificate.valid_until.isoformat(), language), False)
        )
    facts.append((pgettext("certificate", "Code"), codes.grouped(certificate.code), True))
    office = sheet.signatory.name.text(language).value if sheet.signatory else _("For the institution")
    address = address_of(certificate.code)
    names = _names(certificate, language)
    is_long = (
        len(title.value) > _SHORT
        or len(sheet.organisations) > 5
        or any(len(one["text"]) > _SHORT // 2 for one in names)
    )
    return {
        "language": language.partition("-")[0], "direction": direction(language), "bodies": language,
        "heading": _("Certificate of participation"),
        "mark": " ".join(_marks(certificate)),
        "awarded": _("This certificate is awarded to"), "reason": _("for taking part in"),
        "names": names, "long": is_long,
        "course": {"text": title.value, "language": title.language, "direction": title.direction},
        "when": [one for one in (_day(period(course), language), where, duration(minutes) if minutes else "") if one],
        "tested": _("What was learnt was assessed by a test, which was passed.") if course.get("tested") else "",
        "facts": [{"label": label, "text": text, "ltr": ltr} for label, text, ltr in facts],
        "office": office, "signature": body_of(course, language), "qr": qrcodes.svg(address.removesuffix(certificate.code), certificate.code),
        "qr-alt": _("QR code that leads to the page where this certificate is checked: %(address)s") % {"address": address},
        "check": _("Check it at"), "address": f"{settings.TANSIQ_SITE_URL}/v/".partition("://")[2],
    }  # fmt: skip


def draw(certificate: Certificate, sheet: Sheet, language: str, signer: keys.Signer) -> bytes:
    """One certificate as it is issued: PDF/A-2a and PDF/UA-1, with its payload and the seal. Raises pdf.Unprintable."""
    with translation.override(language):
        data = {
            "bodies": {language: _bodies(sheet, language)}, "certificates": [_data(certificate, sheet, language)],
            "keywords": sealing.keywords(certificate.signed, certificate.signature, signer.row.key_id),
        }  # fmt: skip
        title = _("Certificate of participation") + f" {certificate.number}"
        made = pdf.render(TEMPLATE, data, language=language, title=title, now=certificate.issued_at, images=sheet.logos)
    return sealing.seal(made, signer)


def printed(certificates: Sequence[Certificate], sheet: Sheet, *, now: dt.datetime, language: str = "") -> bytes:
    """All of them in one PDF for the printer, each in its own language (or in `language`), in their order.

    It bears no seal: on paper the code is what counts. Raises pdf.Unprintable.
    """
    rows: list[dict[str, Any]] = []
    bodies: dict[str, list[dict[str, str]]] = {}
    for one in certificates:
        spoken = language or one.language
        with translation.override(spoken):
            rows.append(_data(one, sheet, spoken))
            bodies.setdefault(spoken, _bodies(sheet, spoken))
    first = language or (certificates[0].language if certificates else settings.LANGUAGE_CODE)
    with translation.override(first):
        data = {"bodies": bodies, "certificates": rows, "keywords": []}
        return pdf.render(TEMPLATE, data, language=first, title=_("Certificates"), now=now, images=sheet.logos)


def criteria(course: Mapping[str, Any], language: str) -> str:
    """For what a certificate was given, in a sentence or two: Open Badges ask for it."""
    with translation.override(language):
        parts = [_("Certificate of participation") + f": {Localized(course.get('title', {})).text(language).value}."]
        if course.get("minutes"):
            parts.append(f"{duration(course['minutes'])}.")
        if course.get("tested"):
            parts.append(_("What was learnt was assessed by a test, which was passed."))
        return " ".join(parts)
