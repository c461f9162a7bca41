"""Who may see and change places, nominations, registrations, attendance and certificates."""

import rules

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
# Who may stand at the door: the list of the day, checking in, and what came of it.
permit(
    "participation", "arrival", view=plans | works_in_region | audits, change=plans | works_in_region,
    delete=rules.always_deny,
)  # fmt: skip
