"""Who may see and change materials and visits."""

from tansiq.people.roles import is_anyone_at_the_desk, permit, plans

for _model in ("material", "visit", "visitsite", "handover"):
    permit("outreach", _model, view=is_anyone_at_the_desk, change=plans)
