"""Guests at the desk: the list of invitations, and a page for each activity with sending, answers, the three orders."""

from __future__ import annotations

import uuid
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.coordination.models import Function, Letter
from tansiq.core.errors import BadInput, Refused
from tansiq.core.language import direction
from tansiq.desk.invitations import rank_choices
from tansiq.desk.records import activity_label
from tansiq.participation import answers, guestfiles, guestpaper, guests, invitations, protocol
from tansiq.participation import invitationmails as mails
from tansiq.participation.models import Invitation, Placement
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity

LARGEST_BYTES = 5_000_000
SHOWN = 3
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
REASONS = "participation.see_protocol_reasons"


def _activity(request: Any, pk: uuid.UUID) -> Activity:
    """The activity of the address, for those who plan; what another organisation plans is not there at all."""
    if not request.user.has_perm("participation.change_invitation"):  # as for the list: no limited role
        raise PermissionDenied
    return get_object_or_404(Activity.objects.visible_to(request.user).select_related("programme", "place"), pk=pk)


def _sees_reasons(user: Any) -> bool:
    return user.has_perm(REASONS, Function.objects.filter(slug="protocol").first())


def index(request: Any) -> HttpResponse:
    """The activities that have guests, and the others to begin with."""
    if not request.user.has_perm("participation.view_invitation"):
        raise PermissionDenied
    counted = Count("invitations", filter=~Q(invitations__state=Invitation.State.WITHDRAWN))
    pending = Count("invitations", filter=Q(invitations__state=Invitation.State.SENT))
    rows = Activity.objects.visible_to(request.user).select_related("programme").order_by("programme", "position")
    found = list(rows.annotate(guests=counted, pending=pending))
    if request.GET.get("activity"):
        chosen = next((one for one in found if str(one.pk) == request.GET["activity"]), None)
        if chosen:
            return redirect("desk_guests", chosen.pk)
    context = {
        "activities": [one for one in found if one.guests],
        "others": [(one.pk, activity_label(one)) for one in found if not one.guests and one.takes_place],
    }
    return render(request, "desk/guests_index.html", context)


class SendForm(forms.Form):
    answer_by = forms.DateField(
        label=gettext_lazy("Answer wanted by"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    service = forms.ModelChoiceField(
        Function.objects.all(), label=gettext_lazy("Letters signed by"), required=False
    )  # fmt: skip


def guests_page(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Everything about the guests of one activity; `?order=` says which of the three orders is shown."""
    activity = _activity(request, pk)
    return render(request, "desk/guests.html", _context(request, activity))


def _context(request: Any, activity: Activity, **more: Any) -> dict[str, Any]:
    order = request.GET.get("order", "")
    order = order if order in Placement.Order.values else Placement.Order.PRECEDENCE.value
    rows = guests.guests_of(activity)
    for row in rows:
        row.activity = activity
    seats = {
        Placement.Order.PRECEDENCE: lambda: protocol.precedence(activity, rows),
        Placement.Order.SPEAKING: lambda: protocol.speaking(activity, rows),
        Placement.Order.LOGOS: lambda: protocol.logos(activity),
    }[Placement.Order(order)]()  # fmt: skip
    sees_reasons = _sees_reasons(request.user)
    own_rank = protocol.rules()["representative"] == "own_rank"
    State = Invitation.State
    return {
        "activity": activity, "order": order, "orders": Placement.Order.choices, "counts": guestpaper.counts(activity),
        "lines": _lines(seats, sees_reasons), "is_logos": order == Placement.Order.LOGOS,
        "sees_reasons": sees_reasons, "has_by_hand": any(one.by_hand for one in seats),
        "drafted": [row for row in rows if row.state == State.DRAFTED],
        "pending": [row for row in rows if row.state == State.SENT],
        "to_call": [row for row in rows if row.state == State.SENT and not row.address],
        "false": [row for row in rows if invitations.is_false(row)],
        "declined": [row for row in rows if row.state == State.DECLINED],
        "unranked": [
            row for row in rows if own_rank and row.state == State.REPRESENTED and row.representative_rank is None
        ],
        "ranks": guests.ranks().items(), "languages": settings.LANGUAGES, "form": SendForm(), **more,
    }  # fmt: skip


def _lines(seats: list[protocol.Seat], with_reasons: bool) -> list[dict[str, Any]]:
    """Each place with its neighbours, which the buttons name: pressed twice they do the same, not twice as much.

    Speakers who are no guests have no buttons, and are nobody's neighbours: they stand where the run of show has them.
    """
    movable = [one.subject for one in seats if protocol.is_guest(one.subject)]
    at = {subject.pk: index for index, subject in enumerate(movable)}
    found = []
    for one in seats:
        index = at.get(one.subject.pk)
        line = {
            "seat": one,
            "subject": one.subject,
            "why": one.explain() if with_reasons else "",
            "is_guest": index is not None,
        }
        if index is not None:
            line["above"] = movable[index - 1] if index else None
            line["below"] = movable[index + 1] if index + 1 < len(movable) else None
        found.append(line)
    return found


@require_POST
def act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Send (first a preview), remind, tell a change, put into an order by hand."""
    activity, now, given = _activity(request, pk), timezone.now(), request.POST
    order = given.get("order", "")
    order = order if order in Placement.Order.values else Placement.Order.PRECEDENCE.value
    back = redirect(f"{reverse('desk_guests', args=[activity.pk])}?order={order}#order")
    try:
        do = given.get("do", "")
        if do in ("preview", "send"):
            return _send(request, activity, do == "send")
        if do == "remind":
            rows = Invitation.objects.pending().filter(activity=activity).select_related("activity__programme")
            number = invitations.remind(invitations=list(rows), by=request.user, now=now)
            messages.success(request, _("Reminders sent: %(number)s. Nobody gets two on one day.") % {"number": number})
        elif do == "tell":
            number = invitations.tell_change(activity=activity, by=request.user, now=now)
            messages.success(request, _("Guests who were told of the change: %(number)s.") % {"number": number})
        elif do == "rank":
            row = get_object_or_404(Invitation, activity=activity, pk=_key(given.get("guest", "")))
            rank = given.get("rank", "")
            answers.rank_representative(
                invitation=row, rank=int(rank) if rank.isascii() and rank.isdigit() else None, by=request.user, now=now
            )
        elif do == "place":
            subject, beside = (_subject(activity, order, given.get(name, "")) for name in ("subject", "beside"))
            protocol.place(
                activity=activity, order=order, subject=subject, beside=beside, side=given.get("side", ""),
                reason=given.get("reason", ""), by=request.user, now=now,
            )  # fmt: skip
            return back
        elif do == "reset":
            subject = _subject(activity, order, given["subject"]) if given.get("subject") else None
            protocol.reset(activity=activity, order=order, subject=subject, by=request.user, now=now)
            return back
    except Refused as refusal:
        messages.error(request, str(refusal))
    return back


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise Http404 from error


def _subject(activity: Activity, order: str, text: str) -> Any:
    if order == Placement.Order.LOGOS:
        return get_object_or_404(Organisation, pk=_key(text))
    return get_object_or_404(Invitation, activity=activity, pk=_key(text))


def _send(request: Any, activity: Activity, is_meant: bool) -> HttpResponse:
    form, now = SendForm(request.POST), timezone.now()
    if not form.is_valid():
        return render(request, "desk/guests.html", _context(request, activity, form=form), status=422)
    rows = Invitation.objects.filter(activity=activity, state=Invitation.State.DRAFTED)
    drafted = list(rows.select_related("activity__programme", "activity__place", "person", "organisation"))
    values = form.cleaned_data
    if is_meant:
        done = invitations.send(
            invitations=drafted, answer_by=values["answer_by"], service=values["service"], by=request.user, now=now
        )
        text = _("Sent by mail: %(mailed)s. Letters written: %(written)s; the register has them, send them from there.")
        messages.success(request, text % {"mailed": len(done.mailed), "written": len(done.written)})
        for row, why in done.refused:
            messages.error(request, f"{row}: {why}")
        return redirect("desk_guests", activity.pk)
    shown = []
    for row in [row for row in drafted if row.address][:SHOWN]:
        row.answer_by = values["answer_by"]
        subject, body = mails.words_of_invitation(row, f"{settings.TANSIQ_SITE_URL}/g/…/")
        shown.append({"row": row, "subject": subject, "body": body, "direction": direction(row.language)})
    by = {way: [row for row in drafted if invitations.way(row) == way] for way in ("mail", "letter", "")}
    context = {
        "activity": activity, "form": form, "shown": shown, "mails": len(by["mail"]), "letters": by["letter"],
        "without": by[""], "number": len(drafted),
    }  # fmt: skip
    return render(request, "desk/guests_send.html", context)


# --- Papers ---------------------------------------------------------------------------------------------------------


def paper(request: Any, pk: uuid.UUID, name: str) -> HttpResponse:
    """list.pdf, list.xlsx, day.pdf, seating.pdf, cards.pdf, came.xlsx; `?language=` and `?order=`."""
    activity, now = _activity(request, pk), timezone.now()
    language = request.GET.get("language", "")
    language = language if language in dict(settings.LANGUAGES) else get_language() or settings.LANGUAGE_CODE
    order = request.GET.get("order", "")
    order = order if order in Placement.Order.values else Placement.Order.PRECEDENCE.value
    made = {
        "list.pdf": lambda: guestpaper.guest_list(activity, language=language, order=order, now=now),
        "list.xlsx": lambda: guestpaper.workbook(activity, language=language, order=order),
        "day.pdf": lambda: guestpaper.day_list(activity, language=language, now=now),
        "seating.pdf": lambda: guestpaper.seating_list(activity, language=language, now=now),
        "cards.pdf": lambda: guestpaper.place_cards(activity, now=now),
        "came.xlsx": lambda: guestpaper.came(activity, language=language),
    }.get(name)
    if made is None:
        raise Http404
    is_sheet = name.endswith(".xlsx")
    disposition = f'{"attachment" if is_sheet else "inline"}; filename="{activity.slug}-{order}-{name}"'
    return HttpResponse(
        made(), content_type=XLSX if is_sheet else "application/pdf",
        headers={"Content-Disposition": disposition, "Cache-Control": "no-store, private"},
    )  # fmt: skip


def template(request: Any) -> HttpResponse:
    if not request.user.has_perm("participation.change_invitation"):
        raise PermissionDenied
    return HttpResponse(
        guestfiles.template(), content_type=XLSX, headers={"Content-Disposition": 'attachment; filename="guests.xlsx"'}
    )


# --- From a file ----------------------------------------------------------------------------------------------------


def from_file(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Look at what a file would do; who may be there already is for a person to decide; then the file once more."""
    activity, now = _activity(request, pk), timezone.now()
    context: dict[str, Any] = {"activity": activity}
    if request.method == "POST":
        upload = request.FILES.get("file")
        apart = {int(row) for row in request.POST.getlist("apart") if row.isascii() and row.isdigit()}
        same = {row for row in request.POST.getlist("same") if row}
        try:
            if upload is None:
                raise Refused(_("Choose a file first."))
            if upload.size > LARGEST_BYTES:
                raise Refused(_("The file is larger than 5 MB. Take the pictures out of it."))
            lines = guestfiles.read(upload.read(), file_name=upload.name)
            found = guestfiles.plan(activity, lines, apart=apart)
            for one in found.to_decide:
                if one.invitation and f"{one.row}" in same:
                    guests.note_spelling(invitation=one.invitation, name=one.guest.name, by=request.user, now=now)
            if same:
                found = guestfiles.plan(activity, lines, apart=apart)
            if request.POST.get("do") == "add":
                added = guestfiles.apply(activity, found, by=request.user, now=now)
                messages.success(request, _("Added: %(added)s. On the list already: %(known)s. To be decided: %(open)s.") % {"added": len(added), "known": len(found.known), "open": len(found.to_decide)})  # fmt: skip
                if not found.to_decide:
                    return redirect("desk_guests", activity.pk)
            context |= {"found": found}
        except BadInput as error:
            context["problems"] = error.problems[:100]
        except Refused as refusal:
            context["refusal"] = refusal
    return render(request, "desk/guests_file.html", context, status=422 if context.get("problems") else 200)


# --- One guest ------------------------------------------------------------------------------------------------------


class AnswerForm(forms.Form):
    """An answer that came by letter or by telephone."""

    state = forms.ChoiceField(
        label=gettext_lazy("Answer"), widget=forms.RadioSelect,
        choices=[(one.value, one.label) for one in Invitation.ANSWERED],
    )  # fmt: skip
    how = forms.ChoiceField(
        label=gettext_lazy("Answered how"),
        choices=[(one.value, one.label) for one in Invitation.How if one != Invitation.How.LINK],
    )
    reference = forms.CharField(label=gettext_lazy("Reference of the letter"), required=False, max_length=200)
    letter = forms.ModelChoiceField(
        Letter.objects.none(), label=gettext_lazy("Letter in the register"), required=False
    )  # fmt: skip
    representative_function = forms.CharField(
        label=gettext_lazy("Function of the representative"), required=False,
        widget=forms.TextInput(attrs={"dir": "auto"}),
    )  # fmt: skip
    representative_rank = forms.TypedChoiceField(
        label=gettext_lazy("Rank of the representative"), required=False, coerce=int, empty_value=None,
        choices=rank_choices,
    )  # fmt: skip
    companions = forms.IntegerField(label=gettext_lazy("Companions"), required=False, min_value=0)

    def __init__(self, row: Invitation, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        letters: Any = self.fields["letter"]
        came = Letter.objects.filter(direction=Letter.Direction.IN).filter(
            Q(activity=row.activity_id) | Q(programme=row.activity.programme_id)
        )
        letters.queryset = came.select_related("organisation").order_by("-dated")
        letters.label_from_instance = lambda one: f"{one.number} – {one.organisation}"
        self.codes = guestfiles.one_of_each_script(code for code, _name in settings.LANGUAGES)
        for code in self.codes:
            self.fields[f"representative_{code}"] = forms.CharField(
                label=_("Representative, in the letters of: %(language)s") % {"language": dict(settings.LANGUAGES)[code]},
                required=False, widget=forms.TextInput(attrs={"lang": code, "dir": direction(code)}),
            )  # fmt: skip
        if not row.companions_allowed:
            del self.fields["companions"]

    def reply(self) -> answers.Reply:
        given = self.cleaned_data
        return answers.Reply(
            state=given["state"], companions=given.get("companions") or 0, reference=given["reference"],
            letter=given["letter"], representative={code: given[f"representative_{code}"] for code in self.codes},
            representative_function=given["representative_function"], representative_rank=given["representative_rank"],
        )  # fmt: skip


def _guest(request: Any, pk: uuid.UUID) -> Invitation:
    if not request.user.has_perm("participation.change_invitation"):
        raise PermissionDenied
    rows = Invitation.objects.visible_to(request.user).select_related("activity__programme", "person", "organisation")
    return get_object_or_404(rows, pk=pk)


def answer(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Note what a letter said, or somebody on the telephone."""
    row = _guest(request, pk)
    initial = {
        "state": row.state, "companions": row.companions, "representative_function": row.representative_function,
        "representative_rank": row.representative_rank, "reference": row.answer_reference, "letter": row.answer_letter_id,
        **{f"representative_{code}": text for code, text in row.representative.items()},
    }  # fmt: skip
    form = AnswerForm(row, request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            answers.answer(
                invitation=row, reply=form.reply(), how=form.cleaned_data["how"], by=request.user, now=timezone.now()
            )
        except answers.Unfit as refusal:
            for name, fault in getattr(refusal, "faults", {}).items():
                name = f"representative_{form.codes[0]}" if name == "representative" else name
                form.add_error(name if name in form.fields else None, fault)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The answer is noted; the order follows by itself."))
            return redirect("desk_guests", row.activity_id)
    return render(request, "desk/guest_answer.html", {"row": row, "form": form}, status=422 if form.errors else 200)


@require_POST
def guest_act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Withdraw the invitation, send the link anew, take the answer back."""
    row, now, do = _guest(request, pk), timezone.now(), request.POST.get("do", "")
    try:
        if do == "withdraw":
            invitations.withdraw(invitation=row, by=request.user, now=now)
            messages.success(request, _("The invitation is withdrawn."))
        elif do == "renew":
            invitations.renew_link(invitation=row, by=request.user, now=now)
            messages.success(request, _("A new link is on its way; the older one opens nothing any more."))
        elif do == "undo":
            answers.take_back(invitation=row, by=request.user, now=now)
            messages.success(request, _("The answer was taken back."))
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("invitations:edit", row.pk)
