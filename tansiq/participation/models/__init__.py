"""Who came, and what did they gain: places, nominations, registrations, attendance, certificates."""

from tansiq.participation.models.admissions import Admission, Quota
from tansiq.participation.models.attendances import Attendance, AttendanceReport, Identity
from tansiq.participation.models.certificates import (
    Certificate,
    CertificateApproval,
    CertificateSeries,
    NameTry,
    SigningKey,
)
from tansiq.participation.models.nominations import NominationRequest, Nominee
from tansiq.participation.models.registrations import Registration, RegistrationQuerySet, Sex

__all__ = [
    "Admission",
    "Attendance",
    "AttendanceReport",
    "Certificate",
    "CertificateApproval",
    "CertificateSeries",
    "Identity",
    "NameTry",
    "NominationRequest",
    "Nominee",
    "Quota",
    "Registration",
    "RegistrationQuerySet",
    "Sex",
    "SigningKey",
]
