"""Sections that only an archive holds: letters, approvals, documents, issues of runs of show, each with its files.

They load back into an empty installation as they were, numbers and answers included. Links, mail addresses and lists of
persons are not among them: an archive is read by others, and later.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import uuid
from collections.abc import Callable
from typing import Any

from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from tansiq.coordination import approvals
from tansiq.coordination.filing import FUNCTION, SEES_WORK
from tansiq.coordination.models import (
    Approval,
    ApprovalStep,
    Document,
    DocumentText,
    DocumentVersion,
    Function,
    Letter,
    LetterKind,
    LetterSeries,
    RunOfShow,
    RunOfShowIssue,
    Task,
)
from tansiq.core.exchange import SLUG, TEXT, Loading, Section, array, drop_empty, obj, plain, register, text
from tansiq.media import assets
from tansiq.media.models import Asset
from tansiq.programme.exchange import programme_of
from tansiq.programme.exporting import Exporting
from tansiq.programme.models import Programme

_STR = {"type": "string"}
_INT = {"type": "integer", "minimum": 0, "maximum": 1_000_000}
_DAY = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_INSTANT = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T"}
_FILE = {"type": "string", "pattern": "^[a-z]+/[^/]+$", "maxLength": 200}
_SHA = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_JSON: dict[str, Any] = {"type": "object"}


def _enum(choices: Any) -> dict[str, Any]:
    return {"enum": [choice.value for choice in choices]}


LETTER = obj(
    {
        "number": _STR, "direction": _enum(Letter.Direction), "code": FUNCTION["properties"]["code"], "year": _INT, "serial": _INT, "kind": _STR,
        "activity": _STR, "organisation": _STR, "attention": _STR, "service": _STR, "language": _STR, "subject": _STR,
        "dated": _DAY, "state": _enum(Letter.State), "sent": _DAY, "answer_by": _DAY, "answers": _STR, "corrects": _STR,
        "their_number": _STR, "facts": _JSON, "sha256": _SHA, "docx": _FILE, "pdf": _FILE, "scan": _FILE,
    },
    ["direction", "year", "serial", "language", "subject", "dated", "state"],
)  # fmt: skip
DOCUMENT = obj(
    {
        "id": SLUG, "activity": _STR, "kind": _enum(Document.Kind), "title": TEXT, "language": _STR,
        "texts": array(
            obj(
                {
                    "language": _STR, "translator": _STR, "due": _DAY, "state": _enum(DocumentText.State),
                    "versions": array(
                        obj(
                            {"number": _INT, "of": _INT, "words": _STR, "kept": _INSTANT, "docx": _FILE},
                            ["number", "words", "kept"],
                        )
                    ),
                },
                ["language", "state"],
            )
        ),
    },
    ["id", "kind", "title", "language"],
)  # fmt: skip
ISSUE = obj(
    {
        "activity": _STR, "day": _INT, "number": _INT, "issued": _INSTANT, "date": _DAY, "head": _JSON,
        "items": array(_JSON), "digest": _SHA,
    },
    ["activity", "number", "issued", "head", "items", "digest"],
)  # fmt: skip
STEP = obj(
    {
        "order": _INT, "organisation": _STR, "office": _STR, "due": _DAY, "state": _enum(ApprovalStep.State),
        "asked": _INSTANT, "answered": _INSTANT, "how": _enum(ApprovalStep.How), "comment": _STR, "scan": _FILE,
    },
    ["organisation", "state"],
)  # fmt: skip
APPROVAL = obj(
    {
        "of": obj({"activity": _STR, "run_of_show": _INT, "document": _STR, "language": _STR, "kind": _STR, "slug": _STR, "gone": _STR}),
        "what": _enum(Approval.What),
        "title": _STR, "language": _STR, "version": _INT, "content": array(array(_STR)), "file": _FILE, "digest": _SHA,
        "state": _enum(Approval.State), "asked": _INSTANT, "withdrawn": _INSTANT, "because": {**_STR, "maxLength": 300},
        "steps": array(STEP),
    },
    ["of", "what", "title", "language", "version", "digest", "state", "asked"],
)  # fmt: skip
EVIDENCE = obj({"task": _STR, "file": _FILE}, ["task", "file"])


# --- Files ----------------------------------------------------------------------------------------------------------


def _stored(name: str) -> Callable[[], bytes] | None:
    def read() -> bytes:
        with default_storage.open(name) as file:
            return file.read()

    return read if name and default_storage.exists(name) else None


_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}


def _attach_asset(out: Exporting, asset: Asset | None, path: str) -> str | None:
    if asset is None:
        return None
    return out.attach(f"{path}.{_ENDINGS.get(asset.media_type, 'bin')}", _stored(asset.stored_name))


def _load_asset(
    loading: Loading, name: str | None, title: dict[str, str], path: str, *, is_scan: bool = True
) -> Asset | None:
    content = loading.attached(name, path) if name else None
    if content is None:
        return None
    try:
        asset = assets.store(
            content=content, file_name=name or "", title=title, shows_persons=False, is_scan=is_scan, by=loading.by,
            now=loading.now,
        )  # fmt: skip
    except assets.FileRefused as refusal:
        loading.problem(path, str(refusal))
        return None
    loading.stored.append(asset.stored_name)
    return asset


def _day(value: str | None) -> dt.date | None:
    return dt.date.fromisoformat(value) if value else None


def _instant(value: str | None) -> Any:
    return dt.datetime.fromisoformat(value) if value else None


def _known(loading: Loading, section: str, key: str | None, path: str) -> Any:
    return loading.find(section, key, path) if key else None


# --- Letters --------------------------------------------------------------------------------------------------------


def _of(letter: Letter | None) -> str | None:
    return f"{letter.direction} {letter.number}" if letter else None


def letter_path(letter: Letter) -> str:
    """Where its files lie in an archive, without the ending; a service's code is of Latin letters."""
    parts = (letter.direction, str(letter.year), letter.code, f"{letter.serial:04}")
    return f"letters/{'-'.join(filter(None, parts))}"


def export_letters(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = programme.letters.select_related(
        "kind", "activity", "organisation", "service", "answers", "corrects", "scan"
    ).order_by("year", "direction", "serial")
    found = []
    for row in rows:
        name = letter_path(row)
        facts = dict(row.facts)
        if "activity.place" in facts and row.activity:
            # The place is one of this installation; elsewhere it counts whether it is still the activity's.
            facts["activity.place"] = facts["activity.place"] == str(row.activity.place_id or "")
        found.append(
            drop_empty(
                {
                    "number": row.number, "direction": row.direction, "code": row.code, "year": row.year, "serial": row.serial,
                    "kind": row.kind.slug if row.kind else None, "activity": row.activity.slug if row.activity else None,
                    "organisation": out.use(row.organisation), "attention": row.attention,
                    "service": row.service.slug if row.service else None, "language": row.language, "subject": row.subject,
                    "dated": row.dated.isoformat(), "state": row.state, "sent": row.sent_date and row.sent_date.isoformat(),
                    "answer_by": row.answer_by and row.answer_by.isoformat(), "answers": _of(row.answers),
                    "corrects": _of(row.corrects), "their_number": row.their_number, "facts": facts, "sha256": row.sha256,
                    "docx": out.attach(f"{name}.docx", _stored(row.docx_name)),
                    "pdf": out.attach(f"{name}.pdf", _stored(row.pdf_name)),
                    "scan": _attach_asset(out, row.scan, f"{name}-scan"),
                }
            )
        )  # fmt: skip
    return found


def load_letters(loading: Loading, items: list[dict[str, Any]]) -> None:
    """A number that another letter has is a problem; the same letter again changes how it stands, and no file."""
    programme = programme_of(loading)
    kinds = {row.slug: row for row in LetterKind.objects.all()}
    offices = {row.slug: row for row in Function.objects.all()}
    known = {_of(row): row for row in Letter.objects.select_related("activity", "programme")}
    rows: list[tuple[Letter, dict[str, Any] | None, dict[str, Any]]] = []
    for number, item in enumerate(items):
        path = f"letters[{number}]"
        key = {
            "direction": item["direction"],
            "code": item.get("code", ""),
            "year": item["year"],
            "serial": item["serial"],
        }
        row = known.get(_of(Letter(**key)))
        if row and (row.programme_id != programme.pk or row.sha256 != item.get("sha256", "")):
            message = _("The number %(number)s is taken in this register by another letter.")
            loading.problem(f"{path}.serial", message % {"number": row.number})
            continue
        before = _picture_of_letter(row) if row else None
        row = row or Letter(**key, programme=programme)
        row.activity = _known(loading, "activities", item.get("activity"), f"{path}.activity")
        row.organisation = _known(loading, "organisations", item.get("organisation"), f"{path}.organisation")
        row.kind, row.service = kinds.get(item.get("kind", "")), offices.get(item.get("service", ""))
        row.attention, row.language, row.subject = item.get("attention", ""), item["language"], item["subject"]
        row.dated, row.state, row.sent_date = _day(item["dated"]) or row.dated, item["state"], _day(item.get("sent"))
        row.answer_by, row.their_number = _day(item.get("answer_by")), item.get("their_number", "")
        row.sha256, row.facts = item.get("sha256", ""), dict(item.get("facts", {}))
        if isinstance(row.facts.get("activity.place"), bool):
            is_same = row.facts["activity.place"] and row.activity
            row.facts["activity.place"] = str(row.activity.place_id or "") if is_same and row.activity else "-"
        if before is None:
            for form in ("docx", "pdf"):
                content = loading.attached(item[form], f"{path}.{form}") if form in item else None
                if content is not None:
                    setattr(row, f"{form}_name", loading.keep(f"letters/{row.pk.hex}.{form}", content))
                    if form == "pdf" and hashlib.sha256(content).hexdigest() != row.sha256:
                        loading.problem(f"{path}.pdf", _("The file is not the one that was sent: it was changed."))
            row.scan = _load_asset(loading, item.get("scan"), {row.language: row.number}, f"{path}.scan")
        known[_of(row)] = row
        rows.append((row, before, item))
    for row, before, item in rows:  # each may answer one that stands further down
        row.answers, row.corrects = known.get(item.get("answers")), known.get(item.get("corrects"))
        if loading.note("letters", row, before, _picture_of_letter(row)):
            row.save()
            LetterSeries.objects.get_or_create(direction=row.direction, code=row.code, year=row.year)
            series = LetterSeries.objects.filter(direction=row.direction, code=row.code, year=row.year)
            series.filter(last__lt=row.serial).update(last=row.serial)


def _picture_of_letter(row: Letter) -> dict[str, Any]:
    """How it stands; without what may hold a name."""
    names = (
        "direction",
        "code",
        "year",
        "serial",
        "activity",
        "organisation",
        "state",
        "sent_date",
        "answer_by",
        "sha256",
    )
    return plain({name: getattr(row, name) for name in names}) | {
        "answers": _of(row.answers),
        "corrects": _of(row.corrects),
    }


# --- Documents ------------------------------------------------------------------------------------------------------


def export_documents(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = programme.documents.select_related("activity").prefetch_related("texts__translator", "texts__versions")

    def versions(document: Document, one: DocumentText) -> list[dict[str, Any]]:
        return [
            drop_empty(
                {
                    "number": kept.number, "of": kept.of_version, "words": kept.words, "kept": kept.kept_at.isoformat(),
                    "docx": out.attach(f"documents/{document.slug}-{one.language}-{kept.number}.docx", _stored(kept.stored_name)),
                }
            )
            for kept in sorted(one.versions.all(), key=lambda kept: kept.number)
        ]  # fmt: skip

    return [
        drop_empty(
            {
                "id": row.slug, "activity": row.activity.slug if row.activity else None, "kind": row.kind,
                "title": dict(row.title), "language": row.reference_language,
                "texts": [
                    drop_empty(
                        {
                            "language": one.language, "translator": one.translator.slug if one.translator else None,
                            "due": one.due and one.due.isoformat(), "state": one.state, "versions": versions(row, one),
                        }
                    )
                    for one in row.texts.all()
                ],
            }
        )
        for row in rows
    ]  # fmt: skip


def load_documents(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    offices = {row.slug: row for row in Function.objects.all()}
    for number, item in enumerate(items):
        path = f"documents[{number}]"
        row = Document.objects.filter(slug=item["id"]).select_related("programme").first()
        if row and row.programme_id != programme.pk:
            loading.problem(
                f"{path}.id", _("The identifier “%(key)s” is taken by another programme.") % {"key": row.slug}
            )
            continue
        before = _picture_of_document(row) if row else None
        row = row or Document(slug=item["id"], programme=programme)
        row.activity = _known(loading, "activities", item.get("activity"), f"{path}.activity")
        row.kind, row.title, row.reference_language = item["kind"], text(item["title"]), item["language"]
        if loading.note("documents", row, before, _picture_of_document(row)):
            row.save()
        loading.records[("documents", row.slug)] = row
        for index, one in enumerate(item.get("texts", [])):
            _load_text(loading, row, one, offices, f"{path}.texts[{index}]")


def _picture_of_document(row: Document) -> dict[str, Any]:
    return plain({"slug": row.slug, "kind": row.kind, "title": row.title, "activity": row.activity})


def _load_text(
    loading: Loading, document: Document, item: dict[str, Any], offices: dict[str, Function], path: str
) -> None:
    row = DocumentText.objects.filter(document=document, language=item["language"]).first()
    kept = {one.number for one in row.versions.all()} if row else set()
    before = _picture_of_text(row) if row else None
    row = row or DocumentText(document=document, language=item["language"])
    row.translator, row.due = offices.get(item.get("translator", "")), _day(item.get("due"))
    row.state = item["state"]
    row.version = max((one["number"] for one in item.get("versions", [])), default=0)
    if loading.note("texts of documents", row, before, _picture_of_text(row)):
        row.save()
    for index, one in enumerate(item.get("versions", [])):
        if one["number"] in kept:
            continue
        content = loading.attached(one["docx"], f"{path}.versions[{index}].docx") if "docx" in one else None
        DocumentVersion.objects.create(
            text=row, number=one["number"], words=one["words"], of_version=one.get("of"),
            stored_name=loading.keep(f"documents/{row.pk.hex}.docx", content) if content is not None else "",
            sha256=hashlib.sha256(one["words"].encode()).hexdigest(), kept_at=_instant(one["kept"]),
        )  # fmt: skip


def _picture_of_text(row: DocumentText) -> dict[str, Any]:
    return plain({"language": row.language, "due": row.due, "state": row.state, "version": row.version})


# --- Issues of runs of show -----------------------------------------------------------------------------------------


def export_issues(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = RunOfShowIssue.objects.filter(show__activity__programme=programme).select_related("show__activity")
    return [
        drop_empty(
            {
                "activity": row.show.activity.slug, "day": row.show.day_number, "number": row.number,
                "issued": row.issued_at.isoformat(), "date": row.day and row.day.isoformat(), "head": row.head,
                "items": row.items, "digest": row.digest,
            }
        )
        for row in rows.order_by("show__activity__position", "show__day_number", "number")
    ]  # fmt: skip


def load_issues(loading: Loading, items: list[dict[str, Any]]) -> None:
    shows = {
        (row.activity.slug, row.day_number): row
        for row in RunOfShow.objects.filter(activity__programme=programme_of(loading)).select_related("activity")
    }
    known = set(RunOfShowIssue.objects.filter(show__in=shows.values()).values_list("show", "number"))
    for number, item in enumerate(items):
        show = shows.get((item["activity"], item.get("day", 1)))
        if show is None:
            message = _("There is no run of show of “%(activity)s” in this file.") % {"activity": item["activity"]}
            loading.problem(f"runofshow_issues[{number}].activity", message)
            continue
        row = RunOfShowIssue(
            show=show, number=item["number"], issued_at=_instant(item["issued"]), day=_day(item.get("date")),
            head=item["head"], items=item["items"], digest=item["digest"],
        )  # fmt: skip
        is_known = (show.pk, row.number) in known
        picture = {"number": row.number}
        if loading.note("issues of runs of show", row, picture if is_known else None, picture):
            row.save()


# --- Approvals ------------------------------------------------------------------------------------------------------


def export_approvals(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = programme.approvals.select_related("file").prefetch_related("steps__organisation", "steps__scan")
    activities = {row.pk: {"activity": row.slug} for row in programme.activities.all()}
    shows = {
        row.pk: {"activity": row.activity.slug, "run_of_show": row.day_number}
        for row in RunOfShow.objects.filter(activity__programme=programme).select_related("activity")
    }
    texts = {
        row.pk: {"document": row.document.slug, "language": row.language}
        for row in DocumentText.objects.filter(document__programme=programme).select_related("document")
    }
    subjects: dict[Any, dict[str, Any]] = {programme.pk: {}, **activities, **shows, **texts}
    for row in rows:
        if row.subject_kind == Asset.record_kind():
            subjects[row.subject_id] = {"kind": row.subject_kind}
        elif row.subject_id not in subjects:
            subject = approvals.subject_of(row)
            slug = getattr(subject, "slug", None)
            subjects[row.subject_id] = {
                "kind": row.subject_kind,
                **({"slug": slug} if slug else {"gone": str(row.subject_id)}),
            }

    def step(row: Approval, one: ApprovalStep, number: int) -> dict[str, Any]:
        name = f"approvals/{row.pk.hex[:8]}-{row.what}-{row.version}-{number}"
        return drop_empty(
            {
                "order": one.order, "organisation": out.use(one.organisation), "office": one.office,
                "due": one.due and one.due.isoformat(), "state": one.state, "asked": one.asked_at and one.asked_at.isoformat(),
                "answered": one.answered_at and one.answered_at.isoformat(), "how": one.how, "comment": one.comment,
                "scan": _attach_asset(out, one.scan, name),
            }
        )  # fmt: skip

    return [
        {
            "of": subjects[row.subject_id], "what": row.what, "title": row.title, "language": row.language,
            "version": row.version, "content": row.content, "digest": row.digest, "state": row.state,
            "asked": row.asked_at.isoformat(), "steps": [step(row, one, n) for n, one in enumerate(row.steps.all(), start=1)],
            **({"file": name} if (name := _attach_asset(out, row.file, f"approvals/{row.digest[:12]}")) else {}),
            **({"withdrawn": row.withdrawn_at.isoformat(), "because": row.withdrawn_because} if row.withdrawn_at else {}),
        }
        for row in rows.order_by("asked_at")
    ]  # fmt: skip


def load_approvals(loading: Loading, items: list[dict[str, Any]]) -> None:
    # A room above may own what was approved.
    loading.later.append(lambda: _load_approvals(loading, items))


def _load_approvals(loading: Loading, items: list[dict[str, Any]]) -> None:
    programme = programme_of(loading)
    for number, item in enumerate(items):
        path = f"approvals[{number}]"
        known = Approval.objects.filter(
            programme=programme, what=item["what"], version=item["version"], digest=item["digest"]
        )
        row = known.first()
        if row is not None:
            # Who agreed to what is kept as it is here: a file does not answer for anybody.
            picture = {"state": row.state}
            loading.note("approvals", row, picture, picture)
            continue
        title = {item["language"]: item["title"]}
        file = _load_asset(loading, item.get("file"), title, f"{path}.file", is_scan=False)
        if item["of"].get("kind") == Asset.record_kind():
            found = (file.kind_of_record, file.pk) if file else None
        else:
            found = _subject(loading, programme, item["of"], f"{path}.of")
        if found is None:
            continue
        row = Approval(
            programme=programme, subject_kind=found[0], subject_id=found[1], what=item["what"],
            title=item["title"], language=item["language"], version=item["version"], content=item.get("content", []),
            file=file, digest=item["digest"], asked_at=_instant(item["asked"]), state=item["state"],
            withdrawn_at=_instant(item.get("withdrawn")), withdrawn_because=item.get("because", ""),
        )  # fmt: skip
        if (row.state == Approval.State.WITHDRAWN) != (row.withdrawn_at is not None):
            loading.problem(f"{path}.withdrawn", _("Say when it was taken back, and only then."))
            continue
        if loading.note("approvals", row, None, {"state": row.state}):
            row.save()
        for index, one in enumerate(item.get("steps", [])):
            _load_step(loading, row, one, f"{path}.steps[{index}]")


def _subject(loading: Loading, programme: Programme, of: dict[str, Any], path: str) -> tuple[str, Any] | None:
    """(kind, id) of what was approved; a problem at `path` where the file does not hold it."""
    found: Any = programme
    if "document" in of:
        found = DocumentText.objects.filter(document__slug=of["document"], language=of.get("language", "")).first()
    elif "run_of_show" in of:
        found = RunOfShow.objects.filter(activity__slug=of.get("activity", ""), day_number=of["run_of_show"]).first()
    elif "activity" in of:
        found = loading.find("activities", of["activity"], f"{path}.activity")
    elif "gone" in of:
        try:
            return of.get("kind", ""), uuid.UUID(of["gone"])
        except ValueError:
            found = None
    elif "slug" in of:
        model = approvals.model_of(of.get("kind", ""))
        found = model.objects.filter(slug=of["slug"], programme=programme).first() if model else None
    if found is None:
        loading.problem(path, _("What was approved is not in this file."))
        return None
    return found.kind_of_record, found.pk


def _load_step(loading: Loading, approval: Approval, item: dict[str, Any], path: str) -> None:
    organisation = loading.find("organisations", item["organisation"], f"{path}.organisation")
    if organisation is None:
        return
    step = ApprovalStep.objects.filter(
        approval=approval, organisation=organisation, office=item.get("office", "")
    ).first()
    is_new = step is None
    step = step or ApprovalStep(approval=approval, organisation=organisation, office=item.get("office", ""))
    step.order, step.due, step.state = item.get("order", 1), _day(item.get("due")), item["state"]
    step.asked_at, step.answered_at = _instant(item.get("asked")), _instant(item.get("answered"))
    step.how, step.comment = item.get("how", ""), item.get("comment", "")
    if is_new:
        title = {approval.language: f"{approval.title} – {organisation}"[:200]}
        step.scan = _load_asset(loading, item.get("scan"), title, f"{path}.scan")
    step.save()


# --- What shows that tasks are done ---------------------------------------------------------------------------------


def export_evidence(programme: Programme, out: Exporting) -> list[dict[str, Any]]:
    rows = programme.tasks.exclude(evidence_file=None).select_related("evidence_file")
    found = [
        {"task": row.key, "file": _attach_asset(out, row.evidence_file, f"evidence/{row.key.replace('/', '-')}")}
        for row in rows
    ]
    return [one for one in found if one["file"]]


def load_evidence(loading: Loading, items: list[dict[str, Any]]) -> None:
    rows = {row.key: row for row in Task.objects.filter(programme=programme_of(loading))}
    for number, item in enumerate(items):
        path = f"task_evidence[{number}]"
        row = rows.get(item["task"])
        if row is None:
            loading.problem(f"{path}.task", _("There is no task “%(key)s”.") % {"key": item["task"]})
            continue
        before = {"evidence_file": True} if row.evidence_file_id else None
        if before is None:
            row.evidence_file = _load_asset(loading, item["file"], dict(row.title), f"{path}.file")
        if loading.note("task evidence", row, before and dict(before), {"evidence_file": True}):
            row.save(update_fields=["evidence_file"])


register(
    "programme",
    Section("letters", array(LETTER), load_letters, export_letters, permission=SEES_WORK, is_archive=True),
    Section("documents", array(DOCUMENT), load_documents, export_documents, permission=SEES_WORK, is_archive=True),
    Section("runofshow_issues", array(ISSUE), load_issues, export_issues, permission=SEES_WORK, is_archive=True),
    Section("approvals", array(APPROVAL), load_approvals, export_approvals, permission=SEES_WORK, is_archive=True),
    Section("task_evidence", array(EVIDENCE), load_evidence, export_evidence, permission=SEES_WORK, is_archive=True),
)
