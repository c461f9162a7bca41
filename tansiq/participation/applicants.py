"""What somebody gives of himself in order to come, cleaned: the same for the form, the desk, files and nominations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from tansiq.core.errors import Refused
from tansiq.core.language import clean_name, is_in_script, one_of_each_script
from tansiq.core.localized import Localized
from tansiq.participation.models import Admission, Sex
from tansiq.people.models import Organisation

LONGEST_NAME = 120


class Unfit(Refused):
    """What was given does not fit; `faults` is {"email": "...", ...}, sentences by field."""


@dataclass(frozen=True)
class Applicant:
    """What somebody gives of himself.

    name  spellings by language, one of each script of the site: {"ar": "...", "fr": "..."}
    region  its code;  profession  an id of the admission's list;  organisation_name  as written
    """

    name: dict[str, str]
    email: str = ""
    region: str = ""
    profession: str = ""
    organisation_name: str = ""
    sex: str = ""
    language: str = ""
    organisation: Organisation | None = None
    telephone: str = ""


def spelling_languages() -> list[str]:
    """The languages whose scripts a name is asked in: Arabic and French in Morocco, English alone in Nigeria."""
    return one_of_each_script(code for code, _name in settings.LANGUAGES)


@dataclass
class Given:
    """The cleaned values, and what is wrong by field."""

    name: Localized
    values: dict[str, Any]
    faults: dict[str, str] = field(default_factory=dict)


def clean(admission: Admission, given: Applicant, *, regions: set[str], needs_address: bool = False) -> Given:
    """What somebody gives, cleaned, with `faults` by field; regions {}: none is asked for."""
    found = Given(Localized(), {})
    for language, written in given.name.items():
        if fault := name_fault(written, language, found.name):
            found.faults[f"name_{language}"] = fault
    if not found.name and not any(key.startswith("name_") for key in found.faults):
        found.faults[f"name_{spelling_languages()[0]}"] = _("Write the name.")
    address = given.email.strip()
    if address:
        try:
            validate_email(address)
        except ValidationError:
            found.faults["email"] = _("“%(given)s” is not an e-mail address. Write one such as name@example.org.") % {"given": address[:80]}  # fmt: skip
    elif needs_address:
        found.faults["email"] = _("Write an e-mail address: the answer goes there.")
    if regions and given.region not in regions:
        found.faults["region"] = (
            _("There is no region “%(given)s”. Choose one of the list.") % {"given": given.region[:80]}
            if given.region
            else _("Choose the region.")
        )
    known = {one["id"] for one in admission.professions}
    if known and given.profession not in known:
        found.faults["profession"] = _("Choose the profession.")
    if given.sex and given.sex not in Sex.values:
        found.faults["sex"] = _("Choose one of the list, or leave it open.")
    try:
        found.values["organisation_name"] = clean_name(given.organisation_name)
        if len(found.values["organisation_name"]) > 200:
            found.faults["organisation_name"] = _("At most 200 letters, please.")
    except Refused as refusal:
        found.faults["organisation_name"] = str(refusal)
    found.values["address"] = address.lower()
    return found


def name_fault(written: str, language: str, kept: Localized) -> str:
    """What is wrong with one spelling of a name, in a sentence; "" where it is right, and then it stands in `kept`."""
    try:
        name = clean_name(written)
    except Refused as refusal:
        return str(refusal)
    if not name:
        return ""
    if len(name) > LONGEST_NAME:
        return _("The name has %(count)s letters; at most %(most)s are printed on a certificate. Shorten it.") % {
            "count": len(name), "most": LONGEST_NAME,
        }  # fmt: skip
    if not any(char.isalpha() for char in name):
        return _("“%(given)s” is no name: there is no letter in it.") % {"given": name}
    if not is_in_script(name, language):
        return _("Write this spelling of the name in the letters of this language: %(language)s.") % {
            "language": dict(settings.LANGUAGES).get(language, language)
        }
    kept[language] = name
    return ""
