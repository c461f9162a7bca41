"""Certificates at the desk: the register, and for an activity who gets one, who does not and why."""

from __future__ import annotations

import re
import tempfile
import uuid
import zipfile
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST
from wagtail.admin.panels import FieldPanel
from wagtail.admin.ui.tables import Column

from tansiq.coordination.models import Function
from tansiq.core.errors import Refused
from tansiq.core.language import direction, language_name
from tansiq.desk.records import CreateView, EditView, RecordViewSet, reaches
from tansiq.participation import (
    applicants,
    attestation,
    certificatefacts,
    certificatefiles,
    certificatepaper,
    certificates,
    entitlement,
)
from tansiq.participation.models import Admission, Certificate, Registration
from tansiq.people.models import Organisation


def _by_the_page(record: Any, **_more: Any) -> Any:
    raise Refused(_("A certificate is issued on the page of its activity, and not changed afterwards."))


class NewCertificate(CreateView):
    """Nothing is typed here: one chooses the activity."""

    create = staticmethod(_by_the_page)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        rows = Admission.objects.visible_to(self.request.user).select_related("activity__programme")
        return {**super().get_context_data(**kwargs), "admissions": rows}


class OneCertificate(EditView):
    change = staticmethod(_by_the_page)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        row = self.object
        names = row.registration.person.name
        false = dict(certificatefacts.false_of(row.registration.admission.activity))
        return {
            **super().get_context_data(**kwargs), "differ": ", ".join(false.get(row, [])), "files": sorted(row.files), "languages": settings.LANGUAGES,
            "replaced_by": row.replaced_by.first(), "address": certificatepaper.address_of(row.code),
            "spellings": [
                {"code": code, "name": language_name(code, settings.LANGUAGE_CODE), "direction": direction(code), "value": names.get(code, "")}
                for code in applicants.spelling_languages()
            ],
        }  # fmt: skip


class Certificates(RecordViewSet):
    model = Certificate
    name = "certificates"
    icon = "success"
    menu_label = gettext_lazy("Certificates")
    add_view_class = NewCertificate
    edit_view_class = OneCertificate
    create_template_name = "desk/certificate_new.html"
    edit_template_name = "desk/certificate_form.html"
    list_display = [
        "registration",
        Column("number", label=gettext_lazy("Number")),
        Column("registration.admission.activity", label=gettext_lazy("Activity")),
        "state",
        "issued_at",
    ]
    list_filter = ["state", "language", "registration__admission__activity"]
    list_export = ["number", "registration", "registration.admission.activity", "state", "issued_at", "valid_until"]
    search_fields = ["holder", "code", "serial", "registration__admission__activity__title"]
    panels = [FieldPanel("language", read_only=True)]


# --- One activity ---------------------------------------------------------------------------------------------------


class RuleForm(forms.Form):
    """What a certificate asks for and says."""

    given = forms.BooleanField(label=gettext_lazy("Certificates are given for this activity"), required=False)
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes of presence"), required=False, min_value=0, max_value=100_000
    )
    score = forms.IntegerField(label=gettext_lazy("Percent in the test"), required=False, min_value=0, max_value=100)
    approval = forms.BooleanField(label=gettext_lazy("Somebody approves each"), required=False)
    hours = forms.IntegerField(
        label=gettext_lazy("Hours, as printed"), required=False, min_value=1, max_value=10_000,
        help_text=gettext_lazy("Empty: from the hours of the activity, where it has them."),
    )  # fmt: skip
    valid_months = forms.IntegerField(
        label=gettext_lazy("Good for so many months"), required=False, min_value=1, max_value=600,
        help_text=gettext_lazy("Empty: without end."),
    )  # fmt: skip
    signatory = forms.ModelChoiceField(
        Function.objects.all(), label=gettext_lazy("Signed by (office)"), required=False, to_field_name="slug"
    )

    def rule(self) -> dict[str, Any]:
        given = self.cleaned_data
        if not given["given"]:
            return {}
        # "Given, and nothing asked" is a rule too.
        named = {name: given[name] for name in ("score", "approval", "hours", "valid_months")}
        return {"minutes": given["minutes"] or 0, **named, "signatory": given["signatory"] and given["signatory"].slug}


def _open(request: Any, pk: uuid.UUID, *, changes: bool = False) -> Admission:
    """The admission, for who may see its certificates; another's is not there."""
    user = request.user
    if not user.has_perm("participation.view_certificate"):
        raise PermissionDenied
    admission = get_object_or_404(Admission.objects.select_related("activity__programme", "activity__place"), pk=pk)
    theirs = Registration.objects.visible_to(user).filter(admission=admission)
    if not Admission.objects.visible_to(user).filter(pk=pk).exists() and not theirs.exists():
        raise Http404
    if changes and not (user.has_perm("participation.change_certificate") and reaches(user, "change", admission)):
        raise PermissionDenied
    return admission


def _seen(request: Any, admission: Admission) -> list[entitlement.Due]:
    rows = Registration.objects.visible_to(request.user).filter(admission=admission)
    return entitlement.due(admission, rows, now=timezone.now())


def activity(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Who gets a certificate, who has one, who gets none and why; all that is due is issued by one button."""
    if request.method == "POST":
        return _act(request, pk)
    admission = _open(request, pk)
    may_change = request.user.has_perm("participation.change_certificate") and reaches(
        request.user, "change", admission
    )
    rule = admission.certificate
    functions = rule.get("signatory")
    form = RuleForm(initial={**rule, "given": bool(rule), "signatory": functions})
    return _page(request, admission, form, may_change=may_change)


def _page(request: Any, admission: Admission, form: RuleForm, *, may_change: bool, status: int = 200) -> HttpResponse:
    found = _seen(request, admission) if admission.certificate else []
    due = [one for one in found if one.is_due]
    context = {
        "admission": admission, "activity": admission.activity, "form": form, "may_change": may_change,
        "due": due, "have": [one for one in found if one.has_one],
        "others": [one for one in found if not one.is_due and not one.has_one],
        "mails": sum(bool(one.registration.address_key) for one in due), "asks_approval": admission.certificate.get("approval"), "approved": sum(one.is_approved for one in found),
        "false": _false(request, admission), "asks_score": "score" in admission.certificate, "languages": settings.LANGUAGES, "token": uuid.uuid4(),
    }  # fmt: skip
    return render(request, "desk/certificates.html", context, status=status)


def _false(request: Any, admission: Admission) -> list[dict[str, Any]]:
    """Those that say what is not so any more, with what that is; of a region's officer those of the region."""
    seen = set(
        Certificate.objects.visible_to(request.user)
        .filter(registration__admission=admission)
        .values_list("pk", flat=True)
    )
    found = certificatefacts.false_of(admission.activity)
    return [{"certificate": row, "differ": ", ".join(differ)} for row, differ in found if row.pk in seen]


def _act(request: Any, pk: uuid.UUID) -> HttpResponse:
    admission, now, given = _open(request, pk, changes=True), timezone.now(), request.POST
    try:
        if given.get("do") == "rule":
            form = RuleForm(given)
            if not form.is_valid():
                return _page(request, admission, form, may_change=True, status=422)
            entitlement.set_rule(admission=admission, rule=form.rule(), by=request.user, now=now)
            messages.success(request, _("The rule is kept."))
        elif given.get("do") == "issue":
            key = given.get("token", "")
            if not re.fullmatch("[0-9a-f-]{36}", key):
                raise Refused(_("Open the page anew and press the button once more."))
            language = given.get("language", "")
            job = certificates.start_batch(
                admission=admission, key=key, by=request.user, now=now,
                language=language if language in dict(settings.LANGUAGES) else "",
            )  # fmt: skip
            return redirect("desk_job", job.pk)
        elif given.get("do") == "anew":
            key = given.get("token", "")
            if not re.fullmatch("[0-9a-f-]{36}", key):
                raise Refused(_("Open the page anew and press the button once more."))
            job = certificatefacts.start_anew(
                admission=admission, because=given.get("because", ""), key=key, by=request.user, now=now
            )
            return redirect("desk_job", job.pk)
        elif given.get("do") == "approve":
            ids = [one for one in given.getlist("registration") if re.fullmatch("[0-9a-f-]{36}", one)]
            rows = Registration.objects.visible_to(request.user).filter(admission=admission, pk__in=ids)
            number = entitlement.approve(registrations=rows, by=request.user, now=now)
            messages.success(request, _("Approved: %(number)s.") % {"number": number})
        elif given.get("do") == "unapprove":
            row = _numbered(request, admission, given)
            if entitlement.take_approval_back(
                registration=row, because=given.get("because", ""), by=request.user, now=now
            ):
                messages.success(
                    request, _("The approval of number %(number)s is taken back.") % {"number": row.number}
                )
        elif given.get("do") == "attest":
            letter = _attest(request, admission, given, now=now)
            messages.success(request, _("Letter %(number)s is written.") % {"number": letter.number})
            return redirect("letters:edit", letter.pk)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("desk_certificates", admission.pk)


def _numbered(request: Any, admission: Admission, given: Any) -> Registration:
    rows = Registration.objects.visible_to(request.user).filter(admission=admission)
    number = given.get("number", "")
    return get_object_or_404(
        rows, number=int(number) if number.isascii() and number.isdigit() and len(number) < 9 else 0
    )


def _attest(request: Any, admission: Admission, given: Any, *, now: Any) -> Any:
    if not request.user.has_perm("coordination.add_letter"):
        raise PermissionDenied
    row = _numbered(request, admission, given)
    to = Organisation.objects.filter(slug=given.get("to", "")).first()
    return attestation.write(registration=row, organisation=to, by=request.user, now=now)


def _valid(request: Any, admission: Admission) -> list[Certificate]:
    rows = Certificate.objects.visible_to(request.user).filter(registration__admission=admission)
    valid = rows.filter(state=Certificate.State.VALID).exclude(holder={})
    return list(valid.select_related("registration__person").order_by("year", "serial"))


def bundle(request: Any, pk: uuid.UUID) -> HttpResponse | FileResponse:
    """All valid certificates of an activity in one ZIP, as they were issued (`?language=` for another language)."""
    admission = _open(request, pk)
    language = request.GET.get("language", "")
    # Packed on disk once there are many; PDFs do not become smaller by packing.
    out = tempfile.SpooledTemporaryFile(max_size=20_000_000)  # noqa: SIM115  (the response closes it)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as packed:
        for one in _valid(request, admission):
            spoken = language if language in dict(settings.LANGUAGES) else one.language
            try:
                content = certificatefiles.open_pdf(one, spoken, now=timezone.now())
            except FileNotFoundError:
                continue
            packed.writestr(f"{one.year}-{one.serial:05}-{spoken}.pdf", content)
    out.seek(0)
    return FileResponse(
        out, as_attachment=True, filename=f"{admission.activity.slug}.zip", content_type="application/zip"
    )


def printed(request: Any, pk: uuid.UUID) -> HttpResponse:
    """All of them in one PDF for the printer."""
    admission = _open(request, pk)
    rows, now = _valid(request, admission), timezone.now()
    if not rows:
        raise Http404
    content = certificatepaper.printed(rows, certificatepaper.sheet_of(admission, now=now), now=now)
    name = f"{admission.activity.slug}-certificates.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


# --- One certificate ------------------------------------------------------------------------------------------------


def _one(request: Any, pk: uuid.UUID, action: str) -> Certificate:
    if not request.user.has_perm(f"participation.{action}_certificate"):
        raise PermissionDenied
    rows = Certificate.objects.visible_to(request.user).select_related(
        "registration__admission__activity", "registration__person"
    )
    row = get_object_or_404(rows, pk=pk)
    if not reaches(request.user, action, row):
        raise PermissionDenied
    return row


def file(request: Any, pk: uuid.UUID, language: str) -> HttpResponse:
    row = _one(request, pk, "view")
    try:
        content = certificatefiles.open_pdf(row, language, now=timezone.now())
    except FileNotFoundError as error:
        raise Http404 from error
    name = f"{row.year}-{row.serial:05}-{language}.pdf"
    headers = {"Content-Disposition": f'inline; filename="{name}"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)


@require_POST
def act(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Revoke it, or issue it anew with the name as it is typed."""
    row, now, given = _one(request, pk, "change"), timezone.now(), request.POST
    try:
        if given.get("do") == "revoke":
            certificates.revoke(certificate=row, because=given.get("because", ""), by=request.user, now=now)
            messages.success(request, _("It is revoked. Whoever checks it is told so."))
        elif given.get("do") == "reissue":
            typed = {code: given.get(f"name_{code}", "") for code in applicants.spelling_languages()}
            row = certificates.reissue(
                certificate=row, because=given.get("because", ""), by=request.user, now=now,
                name={code: text for code, text in typed.items() if text.strip()}, course_too=bool(given.get("course_too")),
            )  # fmt: skip
            messages.success(request, _("Certificate %(number)s is issued in its place.") % {"number": row.number})
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("certificates:edit", row.pk)
