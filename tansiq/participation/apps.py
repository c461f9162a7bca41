from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ParticipationConfig(AppConfig):
    name = "tansiq.participation"
    label = "participation"
    verbose_name = _("Participation")

    def ready(self) -> None:
        from tansiq.core import publication
        from tansiq.core.models import Record
        from tansiq.participation import (  # noqa: F401
            archiving,
            askedprivacy,
            assessments,
            certificatefacts,
            certificates,
            checkin,
            dooritems,
            entitlement,
            exchange,
            guestarchive,
            guestprivacy,
            invitations,
            merging,
            models,
            privacy,
            protocol,
            questions,
            registration,
            registrationarchive,
            rules,
        )

        entitlement.score_of(assessments.scores)
        # Ten thousand registrations must not empty the cache of the public pages.
        shown = (models.Admission,)
        work = (model for model in self.get_models() if issubclass(model, Record) and model not in shown)
        publication.never_shown(*(model.record_kind() for model in work))
