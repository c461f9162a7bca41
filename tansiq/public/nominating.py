"""The page on which an administration names its people: by a personal link, without an account, a cookie or JavaScript.

Whoever holds the link sees what this administration gave, and nobody else's. A list, a replacement or a withdrawal is a
decision: it asks for the code that goes to the administration's mailbox. Everything typed stays until it is taken.
"""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from tansiq.core import links
from tansiq.core.errors import BadInput, Refused
from tansiq.core.journal import Actor
from tansiq.core.language import direction, language_name
from tansiq.core.localized import Localized
from tansiq.core.models import Link
from tansiq.participation import applicants, nominated, nominations, nominationsheets, nominees, registration, takeover
from tansiq.participation.models import NominationRequest, Nominee, Sex
from tansiq.participation.nominated import Named
from tansiq.people.models import Region
from tansiq.public.origins import refuse_foreign

SHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_TYPED = 60  # more rows than this come by the sheet
FORM_SECONDS = 4 * 3600
_SALT = "tansiq.nomination"
_PLAIN = ("function", "email", "telephone", "profession", "sex", "region")


def _request_of(link: Link) -> NominationRequest | None:
    related = ("admission__activity__programme", "organisation", "letter")
    return NominationRequest.objects.select_related(*related).filter(pk=link.subject_id).first()


def sheet(link: Link) -> HttpResponse | None:
    row = _request_of(link)
    if row is None:
        return None
    name = f"{row.admission.activity.slug}-{row.organisation.slug}.xlsx"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(nominationsheets.write(row), content_type=SHEET, headers=headers)


def page(request: HttpRequest, link: Link) -> HttpResponse:
    """What was asked, what was given and how it stands; the form while the list may be written."""
    row, now = _request_of(link), timezone.now()
    if row is None:
        return render(request, "public/link_gone.html", {"refusal": ""}, status=410)
    one = request.GET.get("one", "")
    if one:
        return _one(request, link, row, one)
    context = _context(row, link)
    typed = _slots(row)
    if request.method != "POST":
        return _show(request, context, typed)
    refuse_foreign(request)
    given, do = request.POST, request.POST.get("do", "")
    _fill_from_form(typed, given)
    rows = _kept(row, given.get("kept", "")) or [slot["named"] for slot in typed]
    try:
        _check_token(row, given.get("token", ""))
        if do == "upload" and "sheet" in request.FILES:
            upload: Any = request.FILES["sheet"]
            content = upload.read(nominationsheets.LARGEST_BYTES + 1)
            rows, outcome = nominationsheets.check(content, file_name=upload.name or "", request=row)
            _fill_from_rows(row, typed, rows)
            links.send_code(link, now=now)
            return _show(request, context | {"outcome": outcome, "rows": rows}, typed)
        if do == "send":
            # What does not fit is said before a code is used up.
            nominees.check(request=row, rows=rows)
            links.check_code(link, given.get("code", ""), now=now)
            how = NominationRequest.How.FILE if given.get("kept") else NominationRequest.How.LINK
            nominees.answer(
                request=row, rows=rows, how=how, by=Actor("link", link.pk), now=now, seen=given.get("seen", "")
            )  # fmt: skip
            row = _request_of(link) or row
            return _show(request, _context(row, link) | {"is_sent": True}, _slots(row))
        outcome = nominees.check(request=row, rows=rows)
        links.send_code(link, now=now)
        return _show(request, context | {"outcome": outcome, "rows": rows}, typed)
    except BadInput as bad:
        return _show(request, context | {"problems": bad.problems[:100]}, typed, status=422)
    except nominated.NotTaken as refusal:
        _mark(typed, refusal, context)
        return _show(request, context | {"refusal": refusal}, typed, status=422)
    except Refused as refusal:
        more: dict[str, Any] = {"refusal": refusal, "rows": rows}
        if isinstance(refusal, links.WrongCode | nominees.Changed):
            more["outcome"] = nominees.check(request=row, rows=rows)
        status = 409 if isinstance(refusal, nominees.Changed | nominees.TooLate | nominations.IsOver) else 422
        return _show(request, context | more, typed, status=status)


def _show(
    request: HttpRequest, context: dict[str, Any], typed: list[dict[str, Any]], status: int = 200
) -> HttpResponse:
    row = context["row"]
    if "outcome" in context:
        # A sheet may hold more rows than the page has inputs: they travel signed, and are read from there.
        is_long = len(typed) == 0
        if is_long:
            data = [one.__dict__ for one in context["rows"] if not one.is_empty]
            context["kept"] = signing.dumps([row.pk.hex, data], salt=_SALT, compress=True)
            context["preview"] = [one for one in context["rows"] if not one.is_empty]
    answer = render(request, "public/nominate.html", {**context, "slots": typed}, status=status)
    return answer


def _context(row: NominationRequest, link: Link) -> dict[str, Any]:
    today, activity = timezone.localdate(), row.admission.activity
    names = nominations.region_names(row.language)
    given = takeover.outcomes(row, row.language)
    words = takeover.answer_words(row.language)
    is_closed = row.state == NominationRequest.State.CLOSED
    return {
        "language": row.language, "direction": direction(row.language), "row": row, "activity": activity,
        "places": [{**one, "name": names.get(one["region"], one["region"]) or _("any region")} for one in row.places],
        "given": [{"one": one, "answer": words.get(one.answer, one.answer)} for one in given],
        "takes_names": row.takes_names(today) and not is_closed, "is_late": row.is_late(today),
        "may_replace": not is_closed and activity.takes_place and (activity.last_day is None or today <= activity.last_day),
        "is_long": row.number + row.reserve > MOST_TYPED, "masked": format_html('<bdi dir="ltr">{}</bdi>', links.masked(link.to_address)),
        "token": _token(row), "seen": nominees.digest(row), "spellings": _spellings(row.language), "sexes": Sex.choices,
        "professions": [{"id": one["id"], "name": Localized(one["name"])} for one in row.admission.professions],
        "regions": [{"code": one.code, "name": one.name} for one in Region.objects.all()]
        if any(not one["region"] for one in row.places) else [],
    }  # fmt: skip


def _spellings(language: str) -> list[dict[str, str]]:
    return [
        {"code": code, "language": language_name(code, language), "direction": direction(code)}
        for code in applicants.spelling_languages()
    ]


def _token(row: NominationRequest) -> str:
    return signing.TimestampSigner(salt=_SALT).sign(row.pk.hex)


def _check_token(row: NominationRequest, given: str) -> None:
    try:
        if signing.TimestampSigner(salt=_SALT).unsign(given, max_age=FORM_SECONDS) == row.pk.hex:
            return
    except signing.BadSignature:
        pass
    raise Refused(_("This page was open for a long time. What you wrote is still here: press the button once more."))


def _kept(row: NominationRequest, given: str) -> list[Named]:
    try:
        pk, data = signing.loads(given, salt=_SALT, max_age=FORM_SECONDS)
    except (signing.BadSignature, ValueError):
        return []
    return [Named(**one) for one in data] if pk == row.pk.hex else []


# --- The inputs -----------------------------------------------------------------------------------------------------


def _slots(row: NominationRequest) -> list[dict[str, Any]]:
    """One for each place that was asked for, the reserve last, with whoever was given for it; [] for a long list."""
    if row.number + row.reserve > MOST_TYPED:
        return []
    names = nominations.region_names(row.language)
    held = [one for one in nominees.listed(row) if not one.registration_id]
    slots: list[dict[str, Any]] = []
    for is_reserve in (False, True):
        for place in row.places:
            mine = [
                one
                for one in held
                if (one.state == Nominee.State.RESERVE) == is_reserve
                and row.place_of(one.region_id or "") == place["region"]
            ]
            taken = 0 if is_reserve else sum(
                one.registration_id is not None and one.state == Nominee.State.NAMED
                and row.place_of(one.region_id or "") == place["region"]
                for one in nominees.listed(row)
            )  # fmt: skip
            for number in range((place.get("reserve", 0) if is_reserve else place["number"]) - taken):
                slot = {
                    "n": len(slots), "number": number + 1 + taken, "region": place["region"], "is_reserve": is_reserve,
                    "where": names.get(place["region"], place["region"]) or _("any region"), "faults": {}, "was": "",
                }  # fmt: skip
                _put(slot, _named(mine[number]) if number < len(mine) else Named(name={}))
                slots.append(slot)
    return slots


def _named(one: Nominee) -> Named:
    return Named(
        name=dict(one.name), email=one.email, telephone=one.telephone, region=one.region_id or "", sex=one.sex,
        profession=one.profession, function=one.function, has_permission=one.has_permission,
        is_reserve=one.state == Nominee.State.RESERVE,
    )  # fmt: skip


def _put(slot: dict[str, Any], one: Named) -> None:
    slot["named"], slot["is_empty"] = one, one.is_empty
    slot["shown"] = next((text for text in one.name.values() if text.strip()), "")
    slot["names"] = [{**each, "value": one.name.get(each["code"], "")} for each in _spellings(settings.LANGUAGE_CODE)]


def _read(given: Any, before: str, *, region: str, is_reserve: bool, number: int = 0) -> Named:
    plain = {name: given.get(f"{before}{name}", "") for name in _PLAIN}
    plain["region"] = region or plain["region"]
    return Named(
        name={code: given.get(f"{before}name_{code}", "") for code in applicants.spelling_languages()}, **plain,
        has_permission=bool(given.get(f"{before}permission")), is_reserve=is_reserve, number=number,
    )  # fmt: skip


def _fill_from_form(typed: list[dict[str, Any]], given: Any) -> None:
    for slot in typed:
        if f"{slot['n']}-email" in given:
            named = _read(
                given, f"{slot['n']}-", region=slot["region"], is_reserve=slot["is_reserve"], number=slot["n"] + 1
            )
            _put(slot, named)


def _fill_from_rows(row: NominationRequest, typed: list[dict[str, Any]], rows: list[Named]) -> None:
    """What a sheet holds into the inputs: it was checked, so each has its place."""
    held = {one.email for one in nominees.listed(row) if one.registration_id and one.email}
    free = list(typed)
    for slot in typed:
        _put(slot, Named(name={}))
    only = row.places[0]["region"] if len(row.places) == 1 else ""
    for one in rows:
        if one.is_empty or one.email.strip().lower() in held:
            continue
        place = row.place_of(one.region or only)
        found = [each for each in free if (each["region"], each["is_reserve"]) == (place, one.is_reserve)]
        if found:
            free.remove(found[0])
            _put(found[0], one)


def _mark(typed: list[dict[str, Any]], refusal: nominated.NotTaken, context: dict[str, Any]) -> None:
    found: Any = refusal
    for index, faults in found.faults.items():
        if 0 <= index < len(typed):
            typed[index]["faults"] = faults
            for each in typed[index]["names"]:
                each["fault"] = faults.get(f"name_{each['code']}", "")
    context["faults"] = [
        {"slot": typed[index] if 0 <= index < len(typed) else None, "text": text, "name": name}
        for index, faults in sorted(found.faults.items())
        for name, text in faults.items()
    ]


# --- One person -----------------------------------------------------------------------------------------------------


def _one(request: HttpRequest, link: Link, row: NominationRequest, pk: str) -> HttpResponse:
    """Replace one person by another, or withdraw: at any time before the activity."""
    now, context = timezone.now(), _context(row, link)
    try:
        nominee = row.nominees.select_related("region", "registration").filter(pk=uuid.UUID(pk)).first()
    except ValueError:
        nominee = None
    if nominee is None or not context["may_replace"] or nominee.state not in Nominee.COUNTS:
        return render(request, "public/nominate.html", {**context, "slots": _slots(row)}, status=404)
    nominee.request = row
    slot: dict[str, Any] = {"n": 0, "region": nominee.region_id or "", "is_reserve": False, "faults": {}}
    _put(slot, Named(name={}))
    context |= {"nominee": nominee, "slot": slot, "why": takeover.explain(nominee, row.language), "pk": pk}
    if request.method != "POST":
        return render(request, "public/nominate_one.html", context)
    refuse_foreign(request)
    given, do = request.POST, request.POST.get("do", "")
    _put(slot, _read(given, "0-", region=slot["region"], is_reserve=False))
    try:
        _check_token(row, given.get("token", ""))
        if do == "code":
            links.send_code(link, now=now)
            return render(request, "public/nominate_one.html", context | {"is_code_sent": True})
        links.check_code(link, given.get("code", ""), now=now)
        by = Actor("link", link.pk)
        if do == "withdraw":
            up = nominees.withdraw(nominee=nominee, by=by, now=now)
            done = _("%(name)s is withdrawn.") % {"name": nominee.name}
            if up:
                done += " " + _("%(name)s of the reserve list steps up.") % {"name": up.name}
        else:
            new = nominees.replace(nominee=nominee, given=slot["named"], by=by, now=now)
            done = _("%(new)s takes the place of %(old)s.") % {"new": new.name, "old": nominee.name}
    except nominated.NotTaken as refusal:
        _mark([slot], refusal, context)
        return render(request, "public/nominate_one.html", context | {"refusal": refusal}, status=422)
    except registration.AlreadyRegistered:  # by which number is nobody's business here
        text = _("This person cannot be put in this place here. Name somebody else, or write to the secretariat.")
        return render(request, "public/nominate_one.html", context | {"refusal": text}, status=409)
    except Refused as refusal:
        return render(request, "public/nominate_one.html", context | {"refusal": refusal}, status=422)
    return render(request, "public/nominate.html", {**_context(row, link), "slots": _slots(row), "done": done})
