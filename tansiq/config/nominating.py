"""An administration's sheet of names read on the command line, and what is missing of an activity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.config.registering import admission_of
from tansiq.core import journal
from tansiq.core.errors import BadInput, Problem, Refused
from tansiq.participation import nominationsheets, nominees, takeover
from tansiq.participation.models import Admission, NominationRequest


def nominate(slug: str, file: Path, organisation: str = "", *, dry_run: bool = False) -> dict[str, Any]:
    """Take the sheet as the answer of the administration that it was made for, or of `organisation`.

    {"activity", "organisation", "state", "asked", "added", "changed", "removed", "missing", "nominees": [...]}
    Raises BadInput with every fault by its cell; then nothing is taken.
    """
    admission = admission_of(slug)
    if not file.is_file():
        raise BadInput([Problem(str(file), "", _("There is no such file."))])
    content = file.read_bytes()
    row = _request(admission, content, file, organisation)
    rows, outcome = nominationsheets.check(content, file_name=file.name, request=row)
    if not dry_run:
        outcome = nominees.answer(
            request=row, rows=rows, how=NominationRequest.How.FILE, by=journal.CLI, now=timezone.now(), is_staff=True
        )
        row.refresh_from_db()
    return {
        "activity": slug, "organisation": row.organisation.slug, "state": row.state, "asked": row.number,
        "added": outcome.added, "changed": outcome.changed, "removed": outcome.removed, "missing": outcome.missing,
        "nominees": [
            {
                "nominee": str(one.pk), "name": str(one.name), "region": one.region_id, "state": one.state,
                "permission": one.has_permission,
            }
            for one in nominees.listed(row)
        ],
    }  # fmt: skip


def _request(admission: Admission, content: bytes, file: Path, organisation: str) -> NominationRequest:
    rows = admission.requests.select_related("organisation")
    known = ", ".join(sorted(rows.values_list("organisation__slug", flat=True))) or "-"
    if organisation:
        found = rows.filter(organisation__slug=organisation).first()
        if found is None:
            message = _("“%(slug)s” was not asked for names for this activity. Asked were: %(known)s.")
            raise Refused(message % {"slug": organisation, "known": known})
        return found
    found = nominationsheets.request_of(content, file_name=file.name, admission=admission)
    if found is None:
        message = _("The file does not say which administration it is of. Name it with --from. Asked were: %(known)s.")
        raise Refused(message % {"known": known})
    return found


def overview(slug: str) -> dict[str, Any]:
    """Who was asked, what came, what is missing; see `takeover.report`."""
    today, language = timezone.localdate(), settings.LANGUAGE_CODE
    found = takeover.overview(admission_of(slug), today=today, language=language)
    return takeover.report(found, today=today, language=language)
