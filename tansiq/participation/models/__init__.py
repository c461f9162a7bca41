"""Who came, and what did they gain: places, nominations, invitations, registrations, attendance, certificates."""

from tansiq.participation.models.admissions import Admission, Quota
from tansiq.participation.models.attendances import Attendance, AttendanceReport, Identity
from tansiq.participation.models.certificates import Certificate, SigningKey
from tansiq.participation.models.invitations import Invitation, InvitationQuerySet, Placement
from tansiq.participation.models.nominations import NominationRequest, Nominee
from tansiq.participation.models.registrations import Registration, RegistrationQuerySet, Sex
from tansiq.participation.models.trainers import Trainer

__all__ = [
    "Admission",
    "Attendance",
    "AttendanceReport",
    "Certificate",
    "Identity",
    "Invitation",
    "InvitationQuerySet",
    "NominationRequest",
    "Nominee",
    "Placement",
    "Quota",
    "Registration",
    "RegistrationQuerySet",
    "Sex",
    "SigningKey",
    "Trainer",
]
