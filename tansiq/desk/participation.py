"""The desk's menu for those who come."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.desk.assessments import Tests
from tansiq.desk.feedback import Feedbacks


class ParticipationGroup(ViewSetGroup):
    menu_label = _("Participation")
    menu_icon = "group"
    menu_order = 130
    items = (Tests(), Feedbacks())
