"""Who may see and change the work of preparation. Source texts are read by everyone; they come from programme files."""

import datetime as dt
from typing import Any

import rules
from django.utils import timezone

from tansiq.people.roles import has_role, is_anyone_at_the_desk, permit, plans, reads

for _model in ("sourcetext", "span", "trace"):
    permit("coordination", _model, view=is_anyone_at_the_desk, change=rules.always_deny)

# Rows are bounded by `visible_to`, and each change asks about its record.
plans_within = has_role("secretariat", "programme_officer", or_limited=True)


def _today() -> dt.date:
    return timezone.localdate()


@rules.predicate
def acts_for_owner(user: Any, task: Any = None) -> bool:
    """The user holds the office that owns the task, or stands in for it today."""
    owner = getattr(task, "owner", None)  # a document has none: its texts have
    return bool(user and user.is_active and owner and owner.acting_id(_today()) == user.pk)


permit("coordination", "function", view=is_anyone_at_the_desk, change=plans, delete=has_role("secretariat"))
permit("coordination", "taskmodel", view=reads, change=plans, delete=has_role("secretariat"))
permit("coordination", "task", view=is_anyone_at_the_desk, change=plans_within, delete=has_role("secretariat"))
permit(
    "coordination", "runofshow", view=is_anyone_at_the_desk, delete=has_role("secretariat"),
    change=plans_within | has_role("regional_officer", or_limited=True),
)  # fmt: skip
# What was handed out of it; nothing of an issue is ever changed.
permit("coordination", "runofshowissue", view=is_anyone_at_the_desk, change=rules.always_deny)
# The register is the house's own: a partner sees the letters that it got, on paper.
for _model in ("letter", "letterkind", "lettertemplate"):
    permit("coordination", _model, view=plans | has_role("auditor"), change=plans, delete=has_role("secretariat"))
permit(
    "coordination", "approval", view=reads | has_role("approver", or_limited=True), change=plans,
    delete=has_role("secretariat"),
)  # fmt: skip


@rules.predicate
def is_asked(user: Any, approval: Any = None) -> bool:
    return approval is None or approval.state == approval.State.OPEN


# Who asks may take the question back; what was agreed to is taken back by the secretariat alone.
rules.add_perm("coordination.withdraw_approval", has_role("secretariat") | (plans & is_asked))
# Names of guests, journalists and drivers: those who prepare the day, and nobody who only reads.
for _model in ("personlist", "signedsheet"):
    permit("coordination", _model, view=plans, change=plans, delete=has_role("secretariat"))
permit(
    "coordination", "document", view=reads | acts_for_owner, change=plans, delete=has_role("secretariat"),
)  # fmt: skip
permit("coordination", "documenttext", view=is_anyone_at_the_desk, change=plans | acts_for_owner)
rules.add_perm("coordination.open_work", reads)
rules.add_perm("coordination.finish_task", plans_within | acts_for_owner)
