"""How Wagtail's admin becomes the desk: our groups in the menu, what we do not use taken out, our home."""

from __future__ import annotations

from typing import Any

from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.urls import path, reverse_lazy
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from wagtail import hooks
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.components import Component

from tansiq.desk import (
    approvals,
    assessments,
    attending,
    certificates,
    checkin,
    documents,
    feedback,
    guests,
    letters,
    lists,
    nominations,
    participation,
    runofshow,
    sameness,
    users,
    views,
    work,
)
from tansiq.desk.coordination import CoordinationGroup
from tansiq.desk.media import MediaGroup
from tansiq.desk.outreach import OutreachGroup
from tansiq.desk.participation import ParticipationGroup
from tansiq.desk.people import CommissionGroup, PeopleGroup
from tansiq.desk.programmes import ProgrammeGroup

# Wagtail's own pictures and documents are public files: ours go through `media`, so these are not offered.
UNUSED = {"images", "documents", "snippets", "reports", "help", "explorer", "settings"}


@hooks.register("register_admin_viewset")
def viewsets() -> Any:
    return [
        ProgrammeGroup(), CoordinationGroup(), ParticipationGroup(), OutreachGroup(), PeopleGroup(), MediaGroup(),
        CommissionGroup(),
    ]  # fmt: skip


@hooks.register("construct_main_menu")
def main_menu(request: Any, items: list[Any]) -> None:
    items[:] = [item for item in items if item.name not in UNUSED]


@hooks.register("register_admin_urls")
def addresses() -> Any:
    return [
        path("programme/<uuid:pk>/publish/", views.publish, name="desk_publish"),
        path("work/", work.work, name="desk_work"),
        path("work/list.pdf", work.printed, name="desk_work_pdf"),
        path("work/office/<uuid:pk>.<str:form>", work.hand_over, name="desk_handover"),
        path("approvals/", approvals.index, name="desk_approvals"),
        path("approvals/ask/", approvals.ask, name="desk_ask"),
        path("approvals/<uuid:pk>/", approvals.one, name="desk_approval"),
        path("approvals/<uuid:pk>/withdraw/", approvals.withdraw, name="desk_withdraw"),
        path("approvals/<uuid:pk>/certificate.pdf", approvals.certificate, name="desk_certificate"),
        path("approvals/steps/<uuid:pk>/", approvals.answer, name="desk_answer"),
        path("follow-ups/", work.follow_ups, name="desk_follow_ups"),
        path("follow-ups/<uuid:pk>/drop/", work.drop_follow_up, name="desk_drop_follow_up"),
        path("work/<uuid:pk>/finish/", work.finish, name="desk_task_finish"),
        path("work/<uuid:pk>/set-aside/", work.set_aside, name="desk_task_aside"),
        path("work/prepare/<uuid:pk>/", work.prepare, name="desk_prepare"),
        path("runofshow/<uuid:pk>/issue/", runofshow.issue, name="desk_runofshow_issue"),
        path("runofshow/<uuid:pk>/links/", runofshow.give_links, name="desk_runofshow_links"),
        path("runofshow/<uuid:pk>/close/", runofshow.close_links, name="desk_runofshow_close"),
        path("runofshow/issue/<uuid:pk>/<str:language>.pdf", runofshow.pdf, name="desk_runofshow_pdf"),
        path("letters/write/", letters.write, name="desk_write"),
        path("letters/sheets/", letters.sheets, name="desk_sheets"),
        path("letters/sheets/<str:language>.docx", letters.sheet, name="desk_sheet"),
        path("letters/<uuid:pk>/state/", letters.letter_state, name="desk_letter_state"),
        path("letters/<uuid:pk>/file.<str:form>", letters.letter_file, name="desk_letter_file"),
        path("jobs/<uuid:pk>/", letters.job, name="desk_job"),
        path("jobs/<uuid:pk>/letters.zip", letters.bundle, name="desk_bundle"),
        path("text/<uuid:pk>/", documents.text, name="desk_text"),
        path("text/version/<uuid:pk>.<str:form>", documents.text_file, name="desk_text_file"),
        path("text/want/<uuid:pk>/", documents.want, name="desk_want"),
        path("words/", documents.words, name="desk_words"),
        path("list/<uuid:pk>/", lists.act, name="desk_list_act"),
        path("list/<uuid:pk>/<str:language>.pdf", lists.printed, name="desk_list_pdf"),
        path("list/<str:kind>.xlsx", lists.template, name="desk_list_template"),
        path("guests/", guests.index, name="desk_guests_index"),
        path("guests/guests.xlsx", guests.template, name="desk_guests_template"),
        path("guests/<uuid:pk>/", guests.guests_page, name="desk_guests"),
        path("guests/<uuid:pk>/act/", guests.act, name="desk_guests_act"),
        path("guests/<uuid:pk>/file/", guests.from_file, name="desk_guests_file"),
        path("guests/<uuid:pk>/<str:name>", guests.paper, name="desk_guests_paper"),
        path("guest/<uuid:pk>/answer/", guests.answer, name="desk_guest_answer"),
        path("guest/<uuid:pk>/act/", guests.guest_act, name="desk_guest_act"),
        path("registration/<uuid:pk>/", participation.act, name="desk_registration_act"),
        path("places/<uuid:pk>/fill/", participation.fill, name="desk_fill"),
        path("places/<uuid:pk>/joining-<str:language>.pdf", participation.joining_page, name="desk_joining"),
        path("places/<uuid:pk>/tell/", participation.tell, name="desk_tell"),
        path("cascade/", participation.cascade_page, name="desk_cascade"),
        path("nomination/<uuid:pk>/", nominations.act, name="desk_nomination_act"),
        path("nomination/<uuid:pk>/list/", nominations.typed, name="desk_nomination_list"),
        path("nomination/<uuid:pk>/sheet.xlsx", nominations.sheet, name="desk_nomination_sheet"),
        path("nominee/<uuid:pk>/", nominations.person, name="desk_nominee"),
        path("nominations-of/<uuid:pk>/", nominations.overview, name="desk_nominations"),
        path("nominations-of/<uuid:pk>/decide/", nominations.decide, name="desk_double"),
        path("attendance/<uuid:pk>/", attending.page, name="desk_attendance"),
        path("attendance/<uuid:pk>/reports/", attending.read, name="desk_attendance_read"),
        path("attendance/<uuid:pk>/decide/", attending.decide, name="desk_attendance_decide"),
        path("attendance/<uuid:pk>/least/", attending.least, name="desk_attendance_least"),
        path("attendance/<uuid:pk>/flash.<str:language>.pdf", attending.flash, name="desk_flash"),
        path("attendance/<uuid:pk>/evidence.zip", attending.take_evidence, name="desk_evidence"),
        path("attendance/<uuid:pk>/sheet/", attending.sign, name="desk_attendance_sign"),
        path("attendance/<uuid:pk>/sheet.<str:language>.pdf", attending.sheet, name="desk_attendance_sheet"),
        path("test/<uuid:pk>/", assessments.results, name="desk_test"),
        path("test/<uuid:pk>/act/", assessments.act, name="desk_test_act"),
        path("test/<uuid:pk>/type/", assessments.type_in, name="desk_test_type"),
        path("test/<uuid:pk>/sheets.xlsx", assessments.template, name="desk_test_template"),
        path("test/<uuid:pk>/sheets/", assessments.upload, name="desk_test_upload"),
        path("test/<uuid:pk>/<str:language>.pdf", assessments.paper, name="desk_test_paper"),
        path("thoughts/<uuid:pk>/", feedback.results, name="desk_feedback"),
        path("thoughts/<uuid:pk>/act/", feedback.act, name="desk_feedback_act"),
        path("doors/", checkin.doors, name="desk_doors"),
        path("doors/<uuid:pk>/<str:day>/", checkin.door, name="desk_door"),
        path("doors/<uuid:pk>/<str:day>/act/", checkin.act, name="desk_door_act"),
        path("doors/<uuid:pk>/<str:day>/<str:language>.pdf", checkin.printed, name="desk_door_pdf"),
        path("alike/", sameness.alike, name="desk_alike"),
        path("alike/look/", sameness.look, name="desk_alike_look"),
        path("alike/undo/<uuid:pk>/", sameness.undo, name="desk_alike_undo"),
        path("alike/<uuid:one>/<uuid:other>/", sameness.compare, name="desk_alike_compare"),
        path("conflicts/", checkin.conflicts, name="desk_conflicts"),
        path("conflicts/<uuid:pk>/", checkin.decide, name="desk_conflict"),
        path("certificates/of/<uuid:pk>/", certificates.activity, name="desk_certificates"),
        path("certificates/of/<uuid:pk>/all.zip", certificates.bundle, name="desk_certificates_zip"),
        path("certificates/of/<uuid:pk>/print.pdf", certificates.printed, name="desk_certificates_pdf"),
        path("certificates/one/<uuid:pk>/", certificates.act, name="desk_certificate_act"),
        path("certificates/one/<uuid:pk>/<str:language>.pdf", certificates.file, name="desk_certificate_file"),
        path("scan/<uuid:pk>/", views.scan, name="desk_scan"),
        path("picture/<uuid:pk>/", views.picture, name="desk_picture"),
        path("accounts/", users.users, name="desk_users"),
        path("accounts/<uuid:pk>/end/", users.end, name="desk_user_end"),
        path("accounts/<uuid:pk>/invite/", users.invite_again, name="desk_user_invite"),
        path("mail/", views.mail, name="desk_mail"),
        path("journal/", views.journal_list, name="desk_journal"),
    ]


class PermittedItem(MenuItem):
    """A menu entry for those who hold a permission."""

    def __init__(self, label: Any, url_name: str, permission: str, **kwargs: Any) -> None:
        super().__init__(label, reverse_lazy(url_name), **kwargs)
        self.permission = permission

    def is_shown(self, request: Any) -> bool:
        return request.user.has_perm(self.permission)


@hooks.register("register_admin_menu_item")
def work_item() -> Any:
    return PermittedItem(
        _("What is to be done"), "desk_work", "coordination.view_task", name="work", icon_name="tasks", order=90
    )


@hooks.register("register_admin_menu_item")
def approvals_item() -> Any:
    return PermittedItem(
        _("Approvals"), "desk_approvals", "coordination.view_approval", name="approvals", icon_name="check", order=92
    )


@hooks.register("register_admin_menu_item")
def follow_ups_item() -> Any:
    return PermittedItem(
        _("What must follow"), "desk_follow_ups", "coordination.view_task", name="follow", icon_name="warning", order=91
    )


@hooks.register("register_admin_menu_item")
def doors_item() -> Any:
    return PermittedItem(
        _("At the door"), "desk_doors", "participation.view_arrival", name="doors", icon_name="group", order=131
    )


@hooks.register("register_admin_menu_item")
def alike_item() -> Any:
    return PermittedItem(
        _("One person twice?"), "desk_alike", "people.view_personpair", name="alike", icon_name="user", order=201
    )


@hooks.register("register_admin_menu_item")
def write_item() -> Any:
    return PermittedItem(
        _("Write letters"), "desk_write", "coordination.add_letter", name="write", icon_name="mail", order=125
    )


@hooks.register("register_admin_menu_item")
def sheets_item() -> Any:
    return PermittedItem(
        _("Sheets for letters"),
        "desk_sheets",
        "coordination.add_letter",
        name="sheets",
        icon_name="doc-full",
        order=126,
    )


@hooks.register("register_admin_menu_item")
def words_item() -> Any:
    return PermittedItem(
        _("Glossary"), "desk_words", "coordination.view_task", name="words", icon_name="openquote", order=127
    )


@hooks.register("register_admin_menu_item")
def guests_item() -> Any:
    return PermittedItem(
        _("Guests and protocol"),
        "desk_guests_index",
        "participation.view_invitation",
        name="guests",
        icon_name="group",
        order=131,
    )


@hooks.register("register_admin_menu_item")
def cascade_item() -> Any:
    return PermittedItem(
        _("Who trained whom"),
        "desk_cascade",
        "participation.view_trainer",
        name="cascade",
        icon_name="group",
        order=131,
    )


@hooks.register("register_admin_menu_item")
def journal_item() -> Any:
    return PermittedItem(
        _("Journal"), "desk_journal", "core.view_entry", name="journal", icon_name="history", order=500
    )


@hooks.register("register_admin_menu_item")
def users_item() -> Any:
    return PermittedItem(_("Users"), "desk_users", "people.administer", name="accounts", icon_name="user", order=490)


@hooks.register("register_admin_menu_item")
def mail_item() -> Any:
    return PermittedItem(_("Mails"), "desk_mail", "core.view_message", name="mails", icon_name="mail", order=510)


@hooks.register("insert_global_admin_css")
def css() -> Any:
    return format_html('<link rel="stylesheet" href="{}">', static("desk/desk.css"))


class HomePanel(Component):
    order = 10
    template_name = "desk/home_panel.html"

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        request = parent_context["request"]
        return {**views.home_context(request.user), "csrf_token": get_token(request)}


@hooks.register("construct_homepage_panels")
def home(request: Any, panels: list[Any]) -> None:
    panels[:] = [HomePanel()]


@hooks.register("construct_homepage_summary_items")
def no_summary(request: Any, items: list[Any]) -> None:
    items.clear()
