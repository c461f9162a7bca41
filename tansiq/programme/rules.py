"""Who may see and change programmes, activities, projects and commitments."""

import rules

from tansiq.people.roles import has_role, is_anyone_at_the_desk, permit, plans

for _model in ("programme", "activity", "involvement", "project", "commitment", "undertaking"):
    permit("programme", _model, view=is_anyone_at_the_desk, change=plans, delete=has_role("secretariat"))
rules.add_perm("programme.publish_programme", has_role("secretariat"))
