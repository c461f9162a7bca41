"""The desk's pages for coordination: functions, task models, tasks."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, HelpPanel
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.coordination import tasks
from tansiq.coordination.filing import FUNCTION, MODEL_TASK, faults_of_model
from tansiq.coordination.models import Function, Task, TaskModel
from tansiq.desk.documents import Documents
from tansiq.desk.letters import LetterKinds, Letters
from tansiq.desk.lists import PersonLists
from tansiq.desk.programmes import IDENTITY
from tansiq.desk.records import CreateView, EditView, RecordForm, RecordViewSet
from tansiq.desk.rows import RowsField
from tansiq.desk.runofshow import RunsOfShow
from tansiq.programme.models import Activity


class FunctionForm(RecordForm):
    def clean_code(self) -> str:
        """They become part of the names of files: letters, digits and hyphens, as a file of the pack has them."""
        code = self.cleaned_data["code"]
        if code and not re.fullmatch(FUNCTION["properties"]["code"]["pattern"], code):
            raise forms.ValidationError(_("Latin letters, digits and hyphens only: SG, DRH-2."))
        return code


class Functions(RecordViewSet):
    model = Function
    name = "functions"
    icon = "user"
    menu_label = _("Functions")
    list_display = ["name", "holder", "delegate", "away_from", "away_until"]
    list_export = ["slug", "name", "organisation"]
    search_fields = ["slug", "name"]
    edit_template_name = "desk/function_form.html"
    form_base = FunctionForm
    panels = [
        "name",
        "organisation",
        FieldRowPanel([FieldPanel("holder"), FieldPanel("telephone"), FieldPanel("code")]),
        FieldRowPanel([FieldPanel("delegate"), FieldPanel("away_from"), FieldPanel("away_until")]),
        IDENTITY,
    ]


class ModelForm(RecordForm):
    kinds = forms.MultipleChoiceField(
        label=_("For which kinds of activity"), choices=Activity.Kind.choices, widget=forms.CheckboxSelectMultiple
    )

    def clean(self) -> Any:
        cleaned = super().clean()
        for index, fault in faults_of_model(self.cleaned_data.get("tasks") or []):
            message = _("Entry %(number)s: %(why)s") % {"number": index + 1, "why": fault}
            self.add_error("tasks", message)
        return cleaned


class TaskModels(RecordViewSet):
    model = TaskModel
    name = "task-models"
    icon = "clipboard-list"
    menu_label = _("Task models")
    list_display = ["title", "kinds"]
    list_export = ["slug", "title", "kinds"]
    search_fields = ["slug", "title"]
    form_base = ModelForm
    lists = {"tasks": RowsField(MODEL_TASK, label=_("Tasks"))}
    panels = ["title", "kinds", "tasks", IDENTITY]


class TaskForm(RecordForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "after" in self.fields:
            others = Task.objects.exclude(pk=self.instance.pk)
            if self.programme:
                others = others.filter(programme=self.programme)
            self.fields["after"].queryset = others.visible_to(self.for_user)


class AddTask(CreateView):
    create = staticmethod(tasks.add)


class ChangeTask(EditView):
    change = staticmethod(tasks.change)


class Tasks(RecordViewSet):
    model = Task
    name = "tasks"
    icon = "tasks"
    menu_label = _("All tasks")
    add_view_class = AddTask
    edit_view_class = ChangeTask
    form_base = TaskForm
    list_display = ["title", "activity", "owner", "due", "state"]
    list_filter = ["programme", "owner", "state"]
    search_fields = ["key", "title"]
    list_export = ["title", "programme", "activity", "owner", "due", "state", "done_date", "evidence"]
    panels = [
        HelpPanel(_("No name of a victim, and nothing that tells of one, belongs in a task.")),
        "programme",
        "title",
        FieldRowPanel([FieldPanel("activity"), FieldPanel("days_before"), FieldPanel("due")]),
        "owner",
        "after",
        "evidence_wanted",
        "reference_language",
    ]


class CoordinationGroup(ViewSetGroup):
    menu_label = _("Preparation")
    menu_icon = "tasks"
    menu_order = 120
    items = (
        Tasks(), RunsOfShow(), Letters(), Documents(), PersonLists(), TaskModels(), LetterKinds(), Functions(),
    )  # fmt: skip
