"""Who may see and change users, persons and organisations."""

import rules

from tansiq.people.roles import has_role, is_anyone_at_the_desk, permit, plans, reads

administers = has_role("administrator")

rules.add_perm("wagtailadmin.access_admin", is_anyone_at_the_desk)
permit("people", "organisation", view=is_anyone_at_the_desk, change=plans, delete=has_role("secretariat"))
permit("people", "person", view=reads, change=plans, delete=has_role("secretariat"))
# Which records may be one person is seen by those who plan; addresses beside them, and making one of two, is the secretariat's.
permit(
    "people",
    "personpair",
    view=plans | has_role("auditor"),
    change=has_role("secretariat"),
    add=rules.always_deny,
    delete=rules.always_deny,
)
rules.add_perm("people.merge_person", has_role("secretariat"))
permit("people", "membership", view=reads, change=plans)
permit("people", "place", view=is_anyone_at_the_desk, change=plans)
permit("people", "region", view=is_anyone_at_the_desk, change=rules.always_deny)
# Users are made and ended by `people.accounts`, not by Wagtail's own user pages: nobody holds their permissions.
rules.add_perm("people.administer", administers)
permit("people", "rolegrant", view=administers | has_role("auditor"), change=administers)
permit("core", "source", view=reads, change=plans, delete=has_role("secretariat"))
permit("core", "entry", view=has_role("auditor", "administrator", "secretariat"), change=rules.always_deny)
permit("core", "message", view=has_role("secretariat", "administrator", "auditor"), change=rules.always_deny)
permit(
    "core", "helditem", view=plans | has_role("auditor"), change=plans, add=rules.always_deny, delete=rules.always_deny
)
