"""One person under two records: the pairs that look alike, two side by side, made one or remembered as two."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.core.errors import Refused
from tansiq.people import merging, pairs
from tansiq.people.models import Person, PersonMerge, PersonPair

MOST_MERGES = 20


def alike(request: Any) -> HttpResponse:
    """Pairs nobody has decided on, those with one address first; who was said to be two; what was merged."""
    if not request.user.has_perm("people.view_personpair"):
        raise PermissionDenied
    rows = PersonPair.objects.select_related("first", "second")
    waiting = rows.filter(verdict="").order_by("-has_same_email", "-has_same_telephone", "-score", "id")
    page = Paginator(waiting, 30).get_page(request.GET.get("p"))
    may = request.user.has_perm("people.merge_person")
    context = {
        "page": page, "may": may, "total": page.paginator.count,
        "rows": [{"pair": row, "percent": round(max(row.score, 0) * 100)} for row in page],
        "two": rows.exclude(verdict="").order_by("-decided_at")[:MOST_MERGES] if may else [],
        "merges": PersonMerge.objects.select_related("kept")[:MOST_MERGES] if may else [],
    }  # fmt: skip
    return render(request, "desk/alike.html", context)


def _may(user: Any) -> None:
    if not user.has_perm("people.merge_person"):
        raise PermissionDenied


@require_POST
def look(request: Any) -> HttpResponse:
    """Look for pairs now; the schedule does it once a day."""
    _may(request.user)
    messages.success(request, _("Looked for anew. Pairs to be decided: %(number)s.") % {"number": pairs.look(now=timezone.now())})  # fmt: skip
    return redirect("desk_alike")


def compare(request: Any, one: uuid.UUID, other: uuid.UUID) -> HttpResponse:
    """Two records side by side; which is kept, and whose value where they differ."""
    _may(request.user)
    known = Person.objects.in_bulk([one, other])
    if len(known) != 2:
        raise Http404
    first, second = known[one], known[other]
    if request.method == "POST":
        return _decide(request, first, second)
    held = {row.pk: merging.holdings(row) for row in (first, second)}
    found = pairs.likeness(first, second)
    number = {key: sum(count for _label, count in rows) for key, rows in held.items()}
    context = {
        "first": first, "second": second, "likeness": found, "percent": round(found.score * 100),
        "differences": merging.differences(first, second),
        "sides": [{"person": row, "held": held[row.pk]} for row in (first, second)],
        "kept": second if number[second.pk] > number[first.pk] else first,
    }  # fmt: skip
    return render(request, "desk/alike_compare.html", context)


def _decide(request: Any, first: Person, second: Person) -> HttpResponse:
    given, now = request.POST, timezone.now()
    try:
        if given.get("do") == "two":
            pairs.two(one=first, other=second, by=request.user, now=now)
            messages.success(request, _("They are two people: it is remembered."))
            return redirect("desk_alike")
        keep, drop = (second, first) if given.get("keep") == str(second.pk) else (first, second)
        # On the page a choice names the record whose value stands.
        asked = (one.field for one in merging.differences(keep, drop))
        take = frozenset(field for field in asked if given.get(field) == str(drop.pk))
        merging.merge(keep=keep, drop=drop, because=given.get("because", ""), take=take, by=request.user, now=now)
        messages.success(request, _("They are one record now. It can be undone below."))
        return redirect("desk_alike")
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("desk_alike_compare", first.pk, second.pk)


@require_POST
def undo(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Two records again, or a pair of two asked about again."""
    _may(request.user)
    now = timezone.now()
    try:
        pair = PersonPair.objects.filter(pk=pk).first()
        if pair:
            pairs.ask_again(pair=pair, by=request.user, now=now)
        else:
            merging.undo(merge=get_object_or_404(PersonMerge, pk=pk), by=request.user, now=now)
        messages.success(request, _("It is undone."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_alike")
