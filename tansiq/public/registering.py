"""The registration form, and the page of one's own behind the personal link. No cookie, no log-in, no JavaScript needed.

The answer to the form is the same for every address: what came of it is in the mail, so nobody learns by it who else
has registered. The form's page is one for all and is kept by the caches; what it says of free places may be a minute old.
"""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import quote

import segno
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.core import publication
from tansiq.core.errors import Refused
from tansiq.core.language import direction, language_name
from tansiq.core.links import masked
from tansiq.core.localized import Localized
from tansiq.participation import (
    applicants,
    assessments,
    certificatefiles,
    credentials,
    doorcode,
    feedback,
    formproof,
    joining,
    keys,
    ownpage,
    registration,
    registrationmails,
    standing,
)
from tansiq.participation.models import Admission, Certificate, Quota, Registration, Sex
from tansiq.people.models import Region
from tansiq.programme import calendar
from tansiq.programme.models import Activity
from tansiq.public.feeds import ics
from tansiq.public.links import private
from tansiq.public.origins import refuse_foreign

_PLAIN = ("email", "region", "profession", "organisation_name", "sex")


def register(request: HttpRequest, lang: str, slug: str) -> HttpResponse:
    """The form; sent, it gives or holds a place, and says only that the answer is in the mail."""
    now = timezone.now()
    rows = Admission.objects.select_related("activity__programme", "activity__place").prefetch_related("quotas")
    public = Activity.objects.public(now)
    admission = get_object_or_404(rows, activity__slug=slug, activity__in=public, is_public=True)
    context = _form(admission, lang, now)
    if request.method != "POST" or not context["is_open"]:
        return render(request, "public/register.html", context, status=200 if request.method != "POST" else 409)
    refuse_foreign(request)
    given = request.POST
    context["given"] = {name: given.get(name, "") for name in _PLAIN}
    for one in context["spellings"]:
        one["value"] = given.get(f"name_{one['code']}", "")
    if not formproof.is_form_of(admission, given.get("token", "")):
        context["refusal"] = _("This page was open for a long time. What you wrote is still here: press the button once more.")  # fmt: skip
        return render(request, "public/register.html", context, status=409)
    try:
        _take(request, admission, context, now=now)
    except applicants.Unfit as refusal:
        found: Any = refusal
        context["faults"] = found.faults
        for one in context["spellings"]:
            one["fault"] = found.faults.get(f"name_{one['code']}", "")
        return render(request, "public/register.html", context, status=422)
    except registration.TooMany as refusal:
        return render(request, "public/register.html", {**context, "refusal": refusal}, status=429)
    except registration.Closed as refusal:
        return render(request, "public/register.html", {**context, "refusal": refusal, "is_open": False}, status=409)
    context["sent_to"] = masked(context["given"]["email"].strip())
    answer = render(request, "public/registered.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _take(request: HttpRequest, admission: Admission, context: dict[str, Any], *, now: Any) -> None:
    given = context["given"]
    applicant = applicants.Applicant(
        name={one["code"]: one["value"] for one in context["spellings"]}, email=given["email"], region=given["region"],
        profession=given["profession"], organisation_name=given["organisation_name"], sex=given["sex"],
        language=translation.get_language() or settings.LANGUAGE_CODE,
    )  # fmt: skip
    worked = formproof.is_worked(request.POST.get("token", ""), given["email"], request.POST.get("work", ""))
    try:
        registration.register(
            admission=admission, applicant=applicant, how=Registration.How.FORM, by=registration.VISITOR, now=now,
            is_verified=worked, regions=[row.code for row in context["regions"]], origin=client(request),
        )  # fmt: skip
    except registration.AlreadyRegistered as refusal:
        found: Any = refusal
        registrationmails.tell_again(registration=found.registration, now=now)


def _form(admission: Admission, lang: str, now: Any) -> dict[str, Any]:
    quotas = [one for one in admission.quotas.all() if one.dimension == Quota.Dimension.REGION]
    quotas.sort(key=lambda one: (not one.key, one.key))  # the rest comes last
    regions = publication.kept("regions", lambda: list(Region.objects.all()))
    names = {row.code: row.name for row in regions}
    codes = applicants.spelling_languages()
    return {
        "admission": admission, "activity": admission.activity, "is_open": admission.is_open(now), "regions": regions,
        "asks_region": bool(regions), "needs_region": bool(quotas), "sexes": Sex.choices, "now": now,
        "professions": [{"id": one["id"], "name": Localized(one["name"])} for one in admission.professions],
        "spellings": [
            {
                "code": code, "language": language_name(code, lang), "direction": direction(code), "value": "",
                "is_needed": number == 0,
            }
            for number, code in enumerate(codes)
        ],
        "quotas": [{"name": names.get(one.key, _("all others")), "quota": one} for one in quotas if one.size],
        "rule": standing.rule(admission, lang), "token": formproof.form_token(admission),
        "bits": settings.TANSIQ_WORK_BITS, "given": {}, "faults": {}, "section": "activities",
    }  # fmt: skip


def client(request: HttpRequest) -> str:
    """The address that a request comes from; a proxy of ours says whose it passes on."""
    peer = request.META.get("REMOTE_ADDR", "")
    return request.headers.get("X-Real-IP", peer) if peer in settings.TANSIQ_PROXIES else peer


# --- One's own page -------------------------------------------------------------------------------------------------


def _own(token: str) -> Registration:
    row = ownpage.find(token)
    if row is None:
        raise Http404
    return row


def own(request: HttpRequest, token: str) -> HttpResponse:
    """How a registration stands and why; opening it confirms the address. Cancelling is asked for by a button."""
    now = timezone.now()
    row = ownpage.find(token)
    if row is None:
        text = _("This link is not known here. Copy the whole address from the message, or ask for a new one.")
        return private(render(request, "public/link_gone.html", {"refusal": text}, status=404))
    is_past = _is_past(row.admission.activity, timezone.localdate(now))
    with translation.override(row.language):
        context: dict[str, Any] = {"language": row.language, "direction": direction(row.language), "is_past": is_past}
        try:
            if request.method == "POST":
                refuse_foreign(request)
                if request.POST.get("do") == "cancel" and is_past:
                    raise Refused(_("The activity is over: there is nothing left to cancel."))
                if request.POST.get("do") == "cancel":
                    row = registration.cancel(registration=row, by=registration.VISITOR, now=now)
            elif request.method == "GET" and row.state == Registration.State.UNVERIFIED:
                row = registration.confirm_address(registration=row, now=now)
        except Refused as refusal:
            context["refusal"] = refusal
        how_to_join = {
            name: Localized(value) if isinstance(value, dict) else value
            for name, value in row.admission.joining.items()
        }
        has_place = row.state == Registration.State.CONFIRMED
        comes = has_place and not is_past
        context |= {
            "row": row, "activity": row.admission.activity, "why": standing.explain(row, row.language),
            "tests": assessments.offered(row, now=now), "asks_feedback": feedback.is_asked(row, now=now),
            "door": _door_code(row) if comes and row.admission.activity.mode != Activity.Mode.REMOTE else None,
            "certificate": row.certificates.exclude(state=Certificate.State.REPLACED).order_by("-issued_at").first(),
            "languages": settings.LANGUAGES, "token": token, "joining": how_to_join if comes else {}, "has_place": has_place,
            "is_asking": request.method == "POST" and request.POST.get("do") == "ask",
        }  # fmt: skip
        answer = private(render(request, "public/own.html", context))
        answer.headers["Content-Language"] = row.language
        return answer


def _is_past(activity: Activity, today: dt.date) -> bool:
    """Nobody joins it, comes to its door or cancels any more; tests, satisfaction and certificate stay."""
    return activity.state == Activity.State.HELD or bool(activity.last_day and activity.last_day < today)


def _door_code(row: Registration) -> dict[str, str]:
    """The code that is shown at the door, and its picture: drawn in the page, so that a saved page has it without a network."""
    code = doorcode.of(row)
    return {
        "code": code,
        "picture": segno.make(code, error="m").svg_data_uri(scale=6, border=4, dark="#000", light="#fff"),
    }


def join(request: HttpRequest, token: str) -> HttpResponse:
    """To the meeting, by a link that is one's own: {name}, {number} and {id} in its address become those of the person.

    A report that gives back the id or the number says who it was, whatever name was shown.
    """
    row = _own(token)
    address = row.admission.joining.get("url", "")
    if row.state != Registration.State.CONFIRMED or not address:
        raise Http404
    ownpage.note_joined(row, now=timezone.now())
    name = row.person.name.text(row.language).value
    address = (
        address.replace("{name}", quote(name, safe="")).replace("{number}", str(row.number)).replace("{id}", row.pk.hex)
    )
    return private(HttpResponseRedirect(address))


def own_calendar(request: HttpRequest, token: str) -> HttpResponse:
    row = _own(token)
    content = calendar.of_activity(row.admission.activity, row.language)
    if content is None or row.is_over:
        raise Http404
    return private(ics(content, row.admission.activity.slug))


def own_joining(request: HttpRequest, token: str) -> HttpResponse:
    """How to join, on one page to print."""
    row = _own(token)
    if row.state != Registration.State.CONFIRMED:
        raise Http404
    try:
        content = joining.instructions(row.admission, language=row.language, now=timezone.now(), row=row)
    except joining.NothingToJoin as refusal:
        raise Http404 from refusal
    name = f"{row.admission.activity.slug}-joining.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return private(HttpResponse(content, content_type="application/pdf", headers=headers))


def own_certificate(request: HttpRequest, token: str, form: str) -> HttpResponse:
    """The certificate as PDF (`?language=` for another language), as credential (json) or as JWT (jwt)."""
    row, now = _own(token), timezone.now()
    one = row.certificates.filter(state=Certificate.State.VALID).first()
    if one is None or not one.holder or form not in ("pdf", "json", "jwt"):
        raise Http404
    one.registration = row
    name = f"{one.year}-{one.serial:05}.{form}"
    try:
        if form == "pdf":
            content, kind = certificatefiles.open_pdf(one, request.GET.get("language", ""), now=now), "application/pdf"
        elif form == "json":
            content, kind = credentials.as_json(one, keys.active(now=now)), "application/vc+ld+json"
        else:
            content, kind = credentials.as_jwt(one, keys.active(now=now)).encode(), "application/vc+jwt"
    except FileNotFoundError as error:
        raise Http404 from error
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return private(HttpResponse(content, content_type=kind, headers=headers))
