"""Who may see and change places, nominations, invitations, registrations, attendance and certificates."""

from typing import Any

import rules
from django.utils import timezone

from tansiq.people.roles import has_role, permit, plans
from tansiq.programme.rules import plans_within

works_in_region = has_role("regional_officer", or_limited=True)
trains = has_role("trainer", or_limited=True)
audits = has_role("auditor")

permit("participation", "admission", view=plans_within | works_in_region | trains | audits, change=plans)
for _model in ("nominationrequest", "nominee"):
    permit("participation", _model, view=plans | audits, change=plans, delete=has_role("secretariat"))
# Trainees may be targets themselves: whoever only reads programmes does not see who they are.
permit(
    "participation", "registration", view=plans_within | works_in_region | trains, change=plans | works_in_region,
    delete=rules.always_deny,
)  # fmt: skip
for _model in ("attendancereport", "identity", "attendance"):
    permit("participation", _model, view=plans | works_in_region | audits, change=plans, delete=has_role("secretariat"))
permit("participation", "certificate", view=plans | works_in_region | audits, change=plans, delete=rules.always_deny)
permit("participation", "trainer", view=plans | audits, change=plans)
# A test shows its right answers, its results suppressed figures; who answered what is for those who plan.
permit("participation", "assessment", view=plans_within | trains | audits, change=plans, delete=rules.always_deny)
permit("participation", "attempt", view=plans, change=plans, delete=rules.always_deny)
permit("participation", "feedback", view=plans_within | trains | audits, change=plans, delete=rules.always_deny)
rules.add_perm("participation.read_feedback_words", has_role("secretariat"))

# Who is invited, and who stands where, is the work of those who plan; why somebody stands there is not theirs to read.
for _model in ("invitation", "placement"):
    permit("participation", _model, view=plans, change=plans, delete=has_role("secretariat"))


@rules.predicate
def acts_for_protocol(user: Any, office: Any = None) -> bool:
    """Asked with the function `protocol`: the user holds it, or stands in for whoever does."""
    return bool(user and user.is_active and office and office.acting_id(timezone.localdate()) == user.pk)


rules.add_perm("participation.see_protocol_reasons", has_role("secretariat") | acts_for_protocol)
# Who may stand at the door: the list of the day, checking in, and what came of it.
permit(
    "participation", "arrival", view=plans | works_in_region | audits, change=plans | works_in_region,
    delete=rules.always_deny,
)  # fmt: skip
