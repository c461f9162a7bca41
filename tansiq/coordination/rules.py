"""Source texts are read by everyone at the desk; they come from programme files."""

import rules

from tansiq.people.roles import is_anyone_at_the_desk, permit

for _model in ("sourcetext", "span", "trace"):
    permit("coordination", _model, view=is_anyone_at_the_desk, change=rules.always_deny)
