"""Who came, and what did they gain: places, nominations, invitations, registrations, attendance, tests, certificates."""

from tansiq.participation.models.admissions import Admission, Quota
from tansiq.participation.models.arrivals import Arrival
from tansiq.participation.models.assessments import Assessment, Attempt, Moment, QuestionSet
from tansiq.participation.models.attendances import Attendance, AttendanceReport, Identity
from tansiq.participation.models.certificates import (
    Certificate,
    CertificateApproval,
    CertificateSeries,
    NameTry,
    SigningKey,
)
from tansiq.participation.models.feedback import Feedback, FeedbackGiven
from tansiq.participation.models.invitations import Invitation, InvitationQuerySet, Placement
from tansiq.participation.models.nominations import Double, NominationRequest, Nominee
from tansiq.participation.models.registrations import Registration, RegistrationQuerySet, Sex
from tansiq.participation.models.trainers import Trainer

__all__ = [
    "Admission",
    "Arrival",
    "Assessment",
    "Attempt",
    "Attendance",
    "AttendanceReport",
    "Certificate",
    "CertificateApproval",
    "CertificateSeries",
    "Double",
    "Feedback",
    "FeedbackGiven",
    "Identity",
    "Invitation",
    "InvitationQuerySet",
    "Moment",
    "NameTry",
    "NominationRequest",
    "Nominee",
    "Placement",
    "QuestionSet",
    "Quota",
    "Registration",
    "RegistrationQuerySet",
    "Sex",
    "SigningKey",
    "Trainer",
]
