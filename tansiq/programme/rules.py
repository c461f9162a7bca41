"""Who may see and change programmes, activities, projects and commitments."""

import rules

from tansiq.people.roles import has_role, is_anyone_at_the_desk, permit, plans

# Rows are bounded by `visible_to`, and each change asks about its record.
plans_within = has_role("secretariat", "programme_officer", or_limited=True)
for _model in ("programme", "involvement", "project", "commitment", "undertaking"):
    permit("programme", _model, view=is_anyone_at_the_desk, change=plans_within, delete=has_role("secretariat"))
permit("programme", "instrument", view=is_anyone_at_the_desk, change=plans, delete=has_role("secretariat"))
permit(
    "programme",
    "activity",
    view=is_anyone_at_the_desk,
    change=plans_within | has_role("regional_officer", or_limited=True),
    delete=has_role("secretariat"),
)
rules.add_perm("programme.publish_programme", has_role("secretariat"))
# A file holds a whole programme: whoever works for one region or partner does not load one.
rules.add_perm("programme.load_file", has_role("secretariat", "programme_officer"))
