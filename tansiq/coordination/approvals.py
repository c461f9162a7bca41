"""Agreement of partners to one version of what carries their name: asked in order, by link or on paper, by its hash.

What can be approved says how it is pictured: `approvable(kind, picture)`; rooms above add their own. An approval is of
that picture's hash. When the thing changes, the open approval is outdated, earlier answers stay with the old version,
and asking again makes the next version.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from tansiq.coordination import impact, paper, runofshow
from tansiq.coordination.models import Approval, ApprovalStep, DocumentText, RunOfShow
from tansiq.core import journal, links, outbox, pdf
from tansiq.core.errors import Refused
from tansiq.core.localized import Localized
from tansiq.core.models import Link, Record
from tansiq.media import assets
from tansiq.media.models import Asset
from tansiq.people.models import Organisation
from tansiq.programme.models import Activity, Involvement, Programme

PURPOSE = "approval"
LINK_DAYS = 30


class NothingToApprove(Refused):
    pass


class AlreadyAsked(Refused):
    """This very version is being asked for, or was agreed to."""


class AskedTwice(Refused):
    """One office stands twice among those asked."""


class NotYours(Refused):
    """The step is answered, not asked, or of an older version."""


class ScanMissing(Refused):
    pass


@dataclass(frozen=True)
class Picture:
    """What approvers are shown: lines of (label, text), and a file where the thing is one."""

    title: str
    lines: list[list[str]]
    programme: Programme
    file: Asset | None = None

    @property
    def digest(self) -> str:
        content = [self.title, self.lines, self.file.sha256 if self.file else ""]
        return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


@dataclass(frozen=True)
class Asked:
    """One step as it is typed: whom, in which order, where a link goes, until when."""

    organisation: Organisation
    order: int = 1
    office: str = ""
    email: str = ""
    due: dt.date | None = None


_PICTURES: dict[str, tuple[type[Record], Callable[[Any, str, str], Picture]]] = {}


_WATCHED: dict[str, type[Record]] = {Involvement.record_kind(): Involvement}


def approvable(
    model: type[Record], picture: Callable[[Any, str, str], Picture], *, parts: tuple[type[Record], ...] = ()
) -> None:
    """picture  (record, what, language) -> Picture, by fixed queries;  parts  other models that it is made from."""
    _PICTURES[model.record_kind()] = (model, picture)
    _WATCHED.update({one.record_kind(): one for one in (model, *parts)})


def picture(subject: Record, what: str, language: str) -> Picture:
    with translation.override(language):
        return _PICTURES[subject.kind_of_record][1](subject, what, language)


def _text(value: Any, language: str) -> str:
    return Localized(value or {}).text(language).value


def _of_activity(activity: Activity, what: str, language: str) -> Picture:
    """An activity's agenda, its logo strip, or all that an invitation says of it."""
    title = _text(activity.title, language)
    when = paper.in_words(activity.when or None, language) or _("(day to be confirmed)")
    lines = [[_("Activity"), title], [_("Day"), when]]
    if activity.place:
        lines.append([_("Place"), str(activity.place)])
    if activity.starts_at_time:
        lines.append([_("Hour"), activity.starts_at_time.strftime("%H:%M")])
    if what != Approval.What.LOGOS:
        for item in activity.agenda:
            lines.append(
                [
                    item.get("time", "–"),
                    " – ".join(
                        part for part in (_text(item.get("title"), language), _text(item.get("who"), language)) if part
                    ),
                ]
            )
    lines += _logos(activity.pk, language)
    return Picture(title, lines, activity.programme)


def _logos(subject_id: Any, language: str) -> list[list[str]]:
    rows = Involvement.objects.filter(subject_id=subject_id).select_related("organisation")
    return [[str(row.get_role_display()), _text(row.organisation.name, language)] for row in rows]


def _of_programme(programme: Programme, what: str, language: str) -> Picture:
    title = _text(programme.title, language)
    return Picture(title, [[_("Programme"), title], *_logos(programme.pk, language)], programme)


def _of_show(show: RunOfShow, what: str, language: str) -> Picture:
    title = _text(show.activity.title, language)
    rows = runofshow.rows(show.items, show.activity.starts_at_time)
    lines = [[f"{row.time}–{row.until}", _text(row.item["title"], language)] for row in rows]
    return Picture(
        title,
        [[_("Day"), paper.in_words(show.day, language) or _("(day to be confirmed)")], *lines],
        show.activity.programme,
    )


approvable(Activity, _of_activity)
approvable(Programme, _of_programme)
approvable(RunOfShow, _of_show)


# --- Asking ---------------------------------------------------------------------------------------------------------


@transaction.atomic
def ask(
    *, subject: Record, what: str, steps: Iterable[Asked], language: str, by: Any, now: dt.datetime, file: Asset | None = None,
    programme: Programme | None = None,
) -> Approval:  # fmt: skip
    """Ask for agreement to the subject as it is now; those of the lowest order are asked at once, by mail where given.

    file, programme  for what is itself a file (a speech, artwork): the subject is then the asset
    Raises NothingToApprove without a step; AskedTwice; AlreadyAsked while the same version is asked for or agreed to.
    """
    wanted = list(steps)
    if not wanted:
        raise NothingToApprove(_("Nobody is asked yet. Choose at least one organisation."))
    whom = Counter((one.organisation, one.office.strip()) for one in wanted)
    for (organisation, office), times in whom.items():
        if times > 1:
            name = " – ".join(part for part in (str(organisation), office) if part)
            raise AskedTwice(_("“%(name)s” is asked twice. Write another office, or take one away.") % {"name": name})
    if file is not None and programme is not None:
        shown = Picture(_text(file.title, language), [], programme, file)
    else:
        shown = picture(subject, what, language)
    # Of two clicks at once the second one waits here, and finds what the first one asked.
    Programme.objects.select_for_update().only("pk").get(pk=shown.programme.pk)
    rows = Approval.objects.select_for_update().filter(subject_id=subject.pk, what=what)
    alike = Approval.objects.filter(programme=shown.programme, what=what) if shown.file else rows
    same = alike.filter(digest=shown.digest, state__in=(Approval.State.OPEN, Approval.State.APPROVED)).first()
    if same:
        raise AlreadyAsked(
            _("This version is “%(state)s” already. Change it first, or look at who has to answer.")
            % {"state": same.get_state_display()}
        )
    for old in rows.filter(state__in=(Approval.State.OPEN, Approval.State.APPROVED)):
        _outdate(old, by=by, now=now)
    approval = Approval.objects.create(
        programme=shown.programme, subject_kind=subject.kind_of_record, subject_id=subject.pk, what=what,
        title=shown.title[:300], language=language, version=(rows.aggregate(top=Max("version"))["top"] or 0) + 1,
        content=shown.lines, file=shown.file, digest=shown.digest, asked_at=now,
    )  # fmt: skip
    for one in wanted:
        ApprovalStep.objects.create(
            approval=approval, order=one.order, organisation=one.organisation, office=one.office.strip()[:200],
            email=one.email, due=one.due,
        )  # fmt: skip
    journal.record("coordination.ask_approval", approval, by=by, now=now, changes={"digest": [None, approval.digest]})
    _ask_next(approval, by=by, now=now)
    return approval


def _ask_next(approval: Approval, *, by: Any, now: dt.datetime) -> None:
    """Ask those of the next order when everybody before agreed; nobody left means approved."""
    steps = list(approval.steps.select_related("organisation"))
    if any(one.state in (ApprovalStep.State.ASKED, ApprovalStep.State.REFUSED) for one in steps):
        return
    left = [one for one in steps if one.state == ApprovalStep.State.WAITING]
    if not left:
        approval.state = Approval.State.APPROVED
        approval.save(update_fields=["state"])
        journal.record("coordination.approve", approval, by=by, now=now, changes={"state": ["open", "approved"]})
        return
    for step in left:
        if step.order == left[0].order:
            step.state, step.asked_at = ApprovalStep.State.ASKED, now
            step.save(update_fields=["state", "asked_at"])
            journal.record("coordination.ask_step", step, by=by, now=now)
            if step.email:
                send_link(step, by=by, now=now)


def send_link(step: ApprovalStep, *, by: Any, now: dt.datetime) -> None:
    """A new link to the person asked; an older one closes."""
    links.close(subject=step, purpose=PURPOSE, now=now)
    language = step.approval.language
    ends = now + dt.timedelta(days=LINK_DAYS)
    if step.due:
        ends = max(
            now + dt.timedelta(days=1),
            timezone.make_aware(dt.datetime.combine(step.due + dt.timedelta(days=1), dt.time())),
        )
    made = links.make(
        purpose=PURPOSE,
        subject=step,
        to_name=step.office,
        to_address=step.email,
        language=language,
        expires_at=ends,
        by=by,
        now=now,
    )
    with translation.override(language):
        about = f"{step.approval.title} ({step.approval.get_what_display()})"
        lines = [
            paper.body_name(language),
            _("Your agreement is asked for: %(title)s") % {"title": about},
            _("This page shows exactly the version that is meant:") + f"\n\n{made.address}",
            _("Answer by: %(due)s") % {"due": paper.in_words(step.due, language)} if step.due else "",
        ]
        outbox.post(
            key=f"approval:{made.link.pk}", to=step.email, subject=_("Your agreement is asked for"),
            body="\n\n".join(line for line in lines if line), language=language, now=now,
        )  # fmt: skip


# --- Answering ------------------------------------------------------------------------------------------------------


@transaction.atomic
def answer(
    *, step: ApprovalStep, agrees: bool, comment: str, how: str, by: Any, now: dt.datetime, scan: Asset | None = None
) -> ApprovalStep:
    """Keep one organisation's answer to this version. Raises NotYours; ScanMissing for an answer on paper without it."""
    if how == ApprovalStep.How.SCAN and scan is None:
        raise ScanMissing(_("Add the scan of the signed paper (PDF or picture)."))
    approval = Approval.objects.select_for_update().get(pk=step.approval_id)
    if approval.state != Approval.State.OPEN or not is_current(approval):
        raise NotYours(
            _("The text was changed or withdrawn since you were asked. You will be asked for the new version.")
        )
    state = ApprovalStep.State.APPROVED if agrees else ApprovalStep.State.REFUSED
    asked = ApprovalStep.objects.filter(pk=step.pk, state=ApprovalStep.State.ASKED)
    # Of two answers at once the first one counts.
    if not asked.update(state=state, answered_at=now, how=how, comment=comment.strip()[:4000], scan=scan):
        raise NotYours(_("This was answered already, or is not asked yet. Nothing was changed."))
    links.close(subject=step, purpose=PURPOSE, now=now)
    step.refresh_from_db()
    journal.record(
        "coordination.answer_approval",
        step,
        by=by,
        now=now,
        changes={"state": ["asked", state.value], "how": ["", how]},
    )
    if agrees:
        _ask_next(approval, by=by, now=now)
    else:
        approval.state = Approval.State.REFUSED
        approval.save(update_fields=["state"])
    return step


def model_of(kind: str) -> Any:
    """The model of a kind that can be approved; None for another."""
    return _PICTURES.get(kind, (None,))[0]


def subject_of(approval: Approval) -> Any:
    """The record that an approval is about; None where it is gone."""
    model: Any = Asset if approval.subject_kind == Asset.record_kind() else model_of(approval.subject_kind)
    return model.objects.filter(pk=approval.subject_id).first() if model else None


def is_current(approval: Approval) -> bool:
    """Is what was shown still what is there?"""
    if approval.subject_kind == Asset.record_kind():
        return True  # a file does not change: another one is another approval
    subject = subject_of(approval)
    return subject is not None and picture(subject, approval.what, approval.language).digest == approval.digest


def _outdate(approval: Approval, *, by: Any, now: dt.datetime) -> None:
    before, approval.state = approval.state, Approval.State.OUTDATED
    approval.save(update_fields=["state"])
    for step in approval.steps.all():
        links.close(subject=step, purpose=PURPOSE, now=now)
    journal.record("coordination.outdate_approval", approval, by=by, now=now, changes={"state": [before, "outdated"]})


@transaction.atomic
def withdraw(*, approval: Approval, because: str, by: Any, now: dt.datetime) -> Approval:
    """Take back a question, or what was agreed to: an organisation changed its mind, it was asked by mistake.

    Answers stay as they were given. Links close, whoever was asked by mail is told why; the same version may be asked
    for anew. Twice changes nothing. Raises NotYours without a reason, and for what is refused or of an older version.
    """
    because = because.strip()[:300]
    if not because:
        raise NotYours(_("Say why it is taken back: whoever was asked is told."))
    rows = Approval.objects.filter(pk=approval.pk, state__in=(Approval.State.OPEN, Approval.State.APPROVED))
    before = approval.state
    if not rows.update(state=Approval.State.WITHDRAWN, withdrawn_at=now, withdrawn_because=because):
        approval.refresh_from_db()
        if approval.state == Approval.State.WITHDRAWN:
            return approval
        message = _("It is “%(state)s”: there is nothing to take back.")
        raise NotYours(message % {"state": approval.get_state_display()})
    approval.refresh_from_db()
    changes = {"state": [before, "withdrawn"], "because": [None, because]}
    journal.record("coordination.withdraw_approval", approval, by=by, now=now, changes=changes)
    for step in approval.steps.all():
        links.close(subject=step, purpose=PURPOSE, now=now)
        if step.email and step.state != ApprovalStep.State.WAITING:
            _tell_withdrawn(approval, step, now=now)
    return approval


def _tell_withdrawn(approval: Approval, step: ApprovalStep, *, now: dt.datetime) -> None:
    language = approval.language
    with translation.override(language):
        about = f"{approval.title} ({approval.get_what_display()})"
        lines = [
            paper.body_name(language),
            _("This is taken back; nothing is to be answered any more: %(title)s") % {"title": about},
            _("The reason: %(why)s") % {"why": approval.withdrawn_because},
        ]
        outbox.post(
            key=f"approval:{step.pk}:withdrawn", to=step.email, subject=_("Your agreement is asked for"),
            body="\n\n".join(lines), language=language, now=now,
        )  # fmt: skip


def open_step(link: Link) -> ApprovalStep | None:
    return ApprovalStep.objects.filter(pk=link.subject_id).select_related("approval__programme", "organisation").first()


def keep_scan(*, content: bytes, file_name: str, step: ApprovalStep, by: Any, now: dt.datetime) -> Asset:
    """The signed paper, privately. Raises media.assets.FileRefused."""
    title = {step.approval.language: f"{step.approval.title} – {step.organisation}"}
    return assets.store(
        content=content, file_name=file_name, title=title, shows_persons=False, is_scan=True, by=by, now=now
    )


def certificate(approval: Approval, *, now: dt.datetime, steps: Iterable[ApprovalStep] | None = None) -> bytes:
    """Who agreed to which version, when and how, on paper; `steps` where not all of them are shown."""
    language = approval.language
    with translation.override(language):
        heading = _("Approvals: %(title)s") % {"title": approval.title}
        data = {
            "title": heading,
            "subtitle": [
                paper.body_name(language),
                _("%(what)s, version %(version)s of %(day)s") % {"what": approval.get_what_display(), "version": approval.version, "day": paper.stamp(approval.asked_at)},
                _("State: %(state)s") % {"state": approval.get_state_display()},
                *_withdrawn_lines(approval),
            ],
            "columns": [
                {"title": _("Organisation"), "width": 3}, {"title": _("Office"), "width": 2}, {"title": _("Answer")},
                {"title": _("When"), "ltr": True}, {"title": _("How")}, {"title": _("Comment"), "width": 2},
            ],
            "rows": [
                [
                    str(step.organisation), step.office, str(step.get_state_display()),
                    paper.stamp(step.answered_at) if step.answered_at else "", str(step.get_how_display()), step.comment,
                ]
                for step in (approval.steps.select_related("organisation") if steps is None else steps)
            ],
            "notes": [f"SHA-256 {approval.digest}"], "landscape": True,
        }  # fmt: skip
        return pdf.render(pdf.TABLE, data, language=language, title=heading, now=now)


def _withdrawn_lines(approval: Approval) -> list[str]:
    if approval.withdrawn_at is None:
        return []
    text = _("Taken back on %(day)s: %(why)s")
    return [text % {"day": paper.stamp(approval.withdrawn_at), "why": approval.withdrawn_because}]


# --- A change asks again --------------------------------------------------------------------------------------------


@impact.register
def _approvals(change: impact.Change) -> Iterable[impact.Affected]:
    """Approvals of the activity that are of a version which would no longer be the current one."""
    rows = Approval.objects.filter(
        subject_id=change.before.pk, state__in=(Approval.State.OPEN, Approval.State.APPROVED)
    )
    for approval in rows:
        if picture(change.after, approval.what, approval.language).digest != approval.digest:
            what = f"{approval.get_what_display()} – {approval.get_state_display()}: {approval.title}"
            yield impact.Affected(
                "approval", what, f"{settings.TANSIQ_SITE_URL}/desk/approvals/{approval.pk}/", change.why, approval
            )


def _on_recorded(sender: Any, entries: list[Any], **_more: Any) -> None:
    """In the transaction of the change: nobody answers for a version that is gone."""
    touched = [entry for entry in entries if entry.subject_kind in _WATCHED]
    if not touched:
        return
    by, now = journal.Actor(entries[0].actor_label, entries[0].actor_id), entries[0].recorded_at
    # A deletion is recorded while the record is still there.
    gone = {entry.subject_id for entry in entries if entry.verb.endswith(".delete")}
    rows = Approval.objects.exclude(subject_kind=Asset.record_kind())
    for approval in _shown_by(rows.filter(state__in=(Approval.State.OPEN, Approval.State.APPROVED)), touched):
        if approval.subject_id in gone or not is_current(approval):
            _outdate(approval, by=by, now=now)


def _shown_by(rows: Any, entries: list[Any]) -> list[Approval]:
    """Approvals whose picture shows one of these records: the subject, what it is a part of, or who does what in it."""
    found, changed = list(rows), {entry.subject_id for entry in entries}
    involvements = {entry.subject_id for entry in entries if entry.subject_kind == Involvement.record_kind()}
    subjects = list(Involvement.objects.filter(pk__in=involvements).values_list("subject_id", flat=True))
    if len(subjects) < len(involvements):
        return found  # one that is gone no longer says of what it was
    wanted = [row.subject_id for row in found]
    wholes = {
        **dict(RunOfShow.objects.filter(pk__in=wanted).values_list("pk", "activity")),
        **dict(DocumentText.objects.filter(pk__in=wanted).values_list("pk", "document")),
    }
    changed |= set(subjects)
    return [row for row in found if changed & {row.subject_id, wholes.get(row.subject_id)}]


journal.recorded.connect(_on_recorded, dispatch_uid="coordination.approvals")
