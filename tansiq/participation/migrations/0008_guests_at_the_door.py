"""A door belongs to an activity, so that guests come through it too: a ceremony has no places."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import OuterRef, Q, Subquery


def checked_now(schema_editor):
    """PostgreSQL changes no table on which foreign keys are still to be checked."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def to_activity(apps, schema_editor):
    checked_now(schema_editor)
    admission = apps.get_model("participation", "Admission").objects.filter(pk=OuterRef("admission"))
    apps.get_model("participation", "Arrival").objects.update(activity=Subquery(admission.values("activity")[:1]))


def to_admission(apps, schema_editor):
    checked_now(schema_editor)
    arrivals = apps.get_model("participation", "Arrival").objects
    arrivals.filter(registration=None, activity__admission=None).delete()
    arrivals.exclude(invitation=None).delete()
    admission = apps.get_model("participation", "Admission").objects.filter(activity=OuterRef("activity"))
    arrivals.update(admission=Subquery(admission.values("pk")[:1]))


class Migration(migrations.Migration):
    dependencies = [("participation", "0007_signed_certificates")]

    operations = [
        migrations.RemoveConstraint("arrival", "arrival_counted_is_registered"),
        migrations.RemoveIndex("arrival", "arrival_of_day"),
        migrations.AddField(
            "arrival",
            "activity",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="came", to="programme.activity",
                verbose_name="activity",
            ),
        ),
        migrations.AddField(
            "arrival",
            "invitation",
            models.ForeignKey(
                blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="came",
                to="participation.invitation", verbose_name="guest",
            ),
        ),
        migrations.AddField(
            "arrival", "function", models.CharField(blank=True, default="", max_length=200, verbose_name="function"),
            preserve_default=False,
        ),
        migrations.AlterField(
            "arrival",
            "why",
            models.CharField(
                blank=True, max_length=10, verbose_name="at the door",
                choices=[
                    ("", "on the list"), ("unlisted", "not on the list"), ("waiting", "on the waiting list"),
                    ("no_place", "without a place"), ("undone", "was undone at the desk before"),
                    ("declined", "had answered not to come"), ("withdrawn", "the invitation was withdrawn"),
                    ("differs", "somebody else was noted for this guest before"),
                ],
            ),
        ),
        migrations.AlterField(
            "arrival",
            "admission",
            models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="participation.admission",
                verbose_name="activity",
            ),
        ),
        migrations.RunPython(to_activity, to_admission),
        migrations.AlterModelOptions(
            "arrival",
            {"ordering": ["activity", "day", "at"], "verbose_name": "arrival", "verbose_name_plural": "arrivals"},
        ),
        migrations.RemoveField("arrival", "admission"),
        migrations.AlterField(
            "arrival",
            "activity",
            models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="came", to="programme.activity",
                verbose_name="activity",
            ),
        ),
        migrations.AddIndex(
            "arrival", models.Index(fields=["activity", "day", "state"], name="arrival_of_day")
        ),
        migrations.AddConstraint(
            "arrival",
            models.CheckConstraint(
                condition=~Q(state="counted") | Q(registration__isnull=False) | Q(invitation__isnull=False),
                name="arrival_counted_is_on_the_list",
            ),
        ),
        migrations.AddConstraint(
            "arrival",
            models.CheckConstraint(
                condition=Q(registration__isnull=True) | Q(invitation__isnull=True), name="arrival_of_one"
            ),
        ),
    ]
