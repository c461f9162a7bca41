"""A spot, a poster, a kit: what partners agree to of a material that carries their names."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from tansiq.coordination import approvals
from tansiq.core.localized import Localized
from tansiq.outreach.models import Material
from tansiq.programme.models import Involvement


def _picture(material: Material, what: str, language: str) -> approvals.Picture:
    def text(value: Any) -> str:
        return Localized(value or {}).text(language).value

    title = text(material.title)
    lines = [
        [_("Material"), title],
        [_("Kind"), str(material.get_kind_display())],
        [_("Summary"), text(material.summary)],
    ]
    lines += [[_("Channel"), text(channel)] for channel in material.channels]
    rows = Involvement.objects.filter(subject_id=material.pk).select_related("organisation")
    lines += [[str(row.get_role_display()), text(row.organisation.name)] for row in rows]
    return approvals.Picture(title, [line for line in lines if line[1]], material.programme, material.asset)


approvals.approvable(Material, _picture)
