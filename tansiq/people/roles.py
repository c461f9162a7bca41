"""The roles, in code: what each is for, and the predicates that rooms compose in their `rules.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import rules
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Role:
    """code  kept in the database;  name, description  what people read when they give it."""

    code: str
    name: Any
    description: Any


ROLES = {
    role.code: role
    for role in (
        Role("secretariat", _("Secretariat"), _("Plans the programmes, keeps all records and publishes them.")),
        Role("approver", _("Approver"), _("Reads everything of a programme and agrees in the name of an organisation.")),
        Role("programme_officer", _("Programme officer"), _("Prepares activities, partners and projects; does not publish.")),
        Role("regional_officer", _("Regional officer"), _("Works on the activities of one region.")),
        Role("partner", _("Partner"), _("Sees the programmes in which the own organisation takes part.")),
        Role("storekeeper", _("Storekeeper"), _("Receives and hands out kits and materials.")),
        Role("trainer", _("Trainer"), _("Sees the own trainings and those who take part in them.")),
        Role("press_officer", _("Press officer"), _("Writes releases and looks after pictures.")),
        Role("donor_reader", _("Donor reader"), _("Reads the projects, figures and evidence of the own funding.")),
        Role("auditor", _("Auditor"), _("Reads all records and the whole journal; changes nothing.")),
        Role("administrator", _("Administrator"), _("Gives roles and looks after the installation.")),
    )
}  # fmt: skip


def has_role(*codes: str, or_limited: bool = False) -> Any:
    """A predicate: the user is active and holds one of these roles.

    A role may be limited to a region or an organisation. Asked about a record, a limited one counts where the record
    says that it lies within (`record.lies_in(region, organisation)`). Asked about none, it counts only for what is
    `or_limited`: where `visible_to` bounds the rows, or where there is nothing to bound.
    """
    unknown = set(codes) - set(ROLES)
    if unknown:
        raise ValueError(f"no such role: {unknown}")

    @rules.predicate(name="has_role:" + ",".join(codes))
    def holds(user: Any, record: Any = None) -> bool:
        if not (user and user.is_authenticated and user.is_active):
            return False
        for role, region, organisation in user.held_roles():
            if role not in codes:
                continue
            if region is None and organisation is None:
                return True
            if record is None and or_limited:
                return True
            if hasattr(record, "lies_in") and record.lies_in(region, organisation):
                return True
        return False

    return holds


is_anyone_at_the_desk = has_role(*ROLES, or_limited=True)
plans = has_role("secretariat", "programme_officer")
reads = has_role("secretariat", "programme_officer", "approver", "auditor", "press_officer")


def permit(app_label: str, model: str, *, view: Any, change: Any, add: Any = None, delete: Any = None) -> None:
    """Register the four Django permissions of a model; Wagtail's lists and forms ask the same ones."""
    for action, predicate in (("view", view), ("change", change), ("add", add or change), ("delete", delete or change)):
        rules.add_perm(f"{app_label}.{action}_{model}", predicate)
