"""Who: users, persons, organisations, memberships, roles, regions and places."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils.translation import get_language_bidi
from django.utils.translation import gettext_lazy as _

from tansiq.core.dates import PartialDateField
from tansiq.core.language import clean_name
from tansiq.core.localized import LocalizedTextField, has_reference_text
from tansiq.core.models import Record, Source
from tansiq.people.roles import ROLES


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(email=(username or "").lower())


class User(AbstractBaseUser, PermissionsMixin):
    """Somebody who logs in. What they may do is in `grants`; a superuser is for the first start only."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(_("e-mail"), unique=True)
    first_name = models.CharField(_("first name"), max_length=100, blank=True)
    last_name = models.CharField(_("last name"), max_length=100, blank=True)
    language = models.CharField(_("language"), max_length=12, blank=True)
    is_staff = models.BooleanField(_("works at the desk"), default=False)
    is_active = models.BooleanField(_("active"), default=True)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = []
    objects = UserManager()

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")

    @property
    def kind_of_record(self) -> str:
        return self._meta.label_lower

    def journal_label(self) -> str:
        return str(self.pk)

    def __str__(self) -> str:
        return self.email

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or self.email

    def get_short_name(self) -> str:
        return self.first_name or self.email

    def held_roles(self) -> list[tuple[str, Any, Any]]:
        """(role, code of its region or None, id of its organisation or None); read once per request object."""
        if not hasattr(self, "_held_roles"):
            rows = self.grants.values_list("role", "region_id", "organisation_id") if self.is_active else []
            self._held_roles = list(rows)
        return self._held_roles

    def role_codes(self) -> set[str]:
        return {role for role, _region, _organisation in self.held_roles()}


class Region(models.Model):
    """A region as the country pack gives it. `column` and `row` place it on a neutral tile grid, never a boundary."""

    code = models.CharField(max_length=10, primary_key=True)
    country = models.CharField(max_length=2)
    name = LocalizedTextField(verbose_name=_("name"))
    column = models.PositiveSmallIntegerField(null=True, blank=True)
    row = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta:
        ordering = ["code"]
        verbose_name = _("region")
        verbose_name_plural = _("regions")

    def __str__(self) -> str:
        return str(self.name)


class Place(Record):
    """A venue or a locality. A country suffices; a region only where the pack defines it."""

    name = LocalizedTextField(verbose_name=_("name"), blank=True)
    locality = LocalizedTextField(verbose_name=_("town"), blank=True)
    region = models.ForeignKey(Region, verbose_name=_("region"), null=True, blank=True, on_delete=models.PROTECT)
    country = models.CharField(_("country"), max_length=2, blank=True)

    list_related = ("region",)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")

    def __str__(self) -> str:
        comma = "، " if get_language_bidi() else ", "
        return comma.join(str(part) for part in (self.name, self.locality) if part)


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def visible_to(self, user: User) -> OrganisationQuerySet:
        return self


class Organisation(Record):
    class Kind(models.TextChoices):
        GOVERNMENT = "government", _("public institution")
        INTERNATIONAL = "international", _("international organisation")
        EMBASSY = "embassy", _("embassy or delegation")
        FUND = "fund", _("fund")
        ASSOCIATION = "association", _("association")
        COURT = "court", _("court")
        HOSPITAL = "hospital", _("hospital")
        MEDIA = "media", _("media")
        ACADEMIC = "academic", _("school or university")
        COMPANY = "company", _("company")
        OTHER = "other", _("other")

    slug = models.SlugField(_("identifier"), max_length=80, unique=True)
    kind = models.CharField(_("kind"), max_length=14, choices=Kind.choices, default=Kind.OTHER)
    name = LocalizedTextField(verbose_name=_("name"))
    acronym = LocalizedTextField(verbose_name=_("acronym"), blank=True)
    aliases = models.JSONField(_("other spellings"), default=list, blank=True)
    reference_language = models.CharField(_("reference language"), max_length=12)
    country = models.CharField(_("country"), max_length=2, blank=True)
    iati = models.CharField(_("IATI reference"), max_length=60, blank=True)
    url = models.URLField(_("web address"), blank=True)
    established = PartialDateField(verbose_name=_("established"))
    accounts = models.JSONField(_("accounts on social networks"), default=list, blank=True)
    parent = models.ForeignKey(
        "self", verbose_name=_("part of"), null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )
    source = models.ForeignKey(Source, null=True, blank=True, on_delete=models.PROTECT)
    origin = models.CharField(max_length=140, blank=True, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        ordering = ["slug"]
        verbose_name = _("organisation")
        verbose_name_plural = _("organisations")
        constraints = [has_reference_text("name", "organisation_has_reference_text")]

    def __str__(self) -> str:
        return str(self.name)


class Person(Record):
    """A person we must be able to name: staff, holders of seats, guests, trainers. Never a victim.

    other_spellings  of the name, as they stood in records that were found to be this person: to be found by, never printed
    """

    name = LocalizedTextField(verbose_name=_("name"))
    reference_language = models.CharField(_("reference language"), max_length=12)
    user = models.OneToOneField(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="person")
    email = models.EmailField(_("e-mail"), blank=True)
    telephone = models.CharField(_("telephone"), max_length=40, blank=True)
    is_fictional = models.BooleanField(_("fictional"), default=False)
    other_spellings = models.JSONField(default=list, blank=True, editable=False)

    personal_fields = frozenset({"name", "email", "telephone", "other_spellings"})

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("persons")
        indexes = [models.Index(fields=["email"], name="person_of_email")]
        constraints = [has_reference_text("name", "person_has_reference_text")]

    def __str__(self) -> str:
        return str(self.name)

    def journal_label(self) -> str:
        return str(self.pk)

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.name = type(self.name)({code: clean_name(text) for code, text in self.name.items()})
        super().save(*args, **kwargs)

    @property
    def spellings(self) -> list[str]:
        """All by which the person is found, each once."""
        return list(dict.fromkeys([*self.name.values(), *self.other_spellings]))


class PersonPair(Record):
    """Two persons who may be one, until somebody decides; that they are two is remembered. The first has the lower id.

    score  how alike the names are, 0 to 1
    """

    class Verdict(models.TextChoices):
        OPEN = "", _("to be decided")
        TWO = "two", _("two people")

    first = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    score = models.FloatField()
    has_same_email = models.BooleanField(default=False)
    has_same_telephone = models.BooleanField(default=False)
    verdict = models.CharField(max_length=3, choices=Verdict.choices, blank=True)
    found_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.UUIDField(null=True, blank=True)

    personal_fields = frozenset({"first", "second"})

    class Meta:
        ordering = ["-score", "id"]
        verbose_name = _("persons who may be one")
        verbose_name_plural = _("persons who may be one")
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="person_pair_once"),
            models.CheckConstraint(condition=models.Q(first__lt=models.F("second")), name="person_pair_in_order"),
            models.CheckConstraint(
                condition=models.Q(verdict="") | models.Q(decided_at__isnull=False), name="person_pair_decided_has_time"
            ),
        ]

    def journal_label(self) -> str:
        return str(self.pk)


class PersonMerge(Record):
    """Two records of one person became one: what is needed to find the person by the old identifier, and to undo it.

    dropped  the identifier of the record that is gone
    values   {"dropped", "before", "after"}: the fields of both as they were and of the kept one after; {} when undoing is over
    moved    by name of what a room registered, what it needs to take its part back
    """

    kept = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    dropped = models.UUIDField()
    values = models.JSONField(default=dict)
    moved = models.JSONField(default=dict)
    because = models.CharField(_("because"), max_length=300)
    merged_at = models.DateTimeField(_("merged on"))
    merged_by = models.UUIDField(null=True)
    undone_at = models.DateTimeField(null=True, blank=True)

    personal_fields = frozenset({"kept", "values", "because"})

    class Meta:
        ordering = ["-merged_at", "id"]
        verbose_name = _("merge of two persons")
        verbose_name_plural = _("merges of persons")
        constraints = [
            models.UniqueConstraint(
                fields=["dropped"], condition=models.Q(undone_at__isnull=True), name="person_merged_once"
            )
        ]

    def journal_label(self) -> str:
        return str(self.dropped)


class Membership(Record):
    """A person's function in an organisation, for a time."""

    person = models.ForeignKey(Person, verbose_name=_("person"), on_delete=models.CASCADE, related_name="memberships")
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), on_delete=models.PROTECT, related_name="memberships"
    )
    function = LocalizedTextField(verbose_name=_("function"), blank=True)
    from_date = models.DateField(_("from"), null=True, blank=True)
    until_date = models.DateField(_("until"), null=True, blank=True)

    personal_fields = frozenset({"function", "from_date", "until_date"})
    list_related = ("person", "organisation")

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")

    def is_current(self, today: dt.date) -> bool:
        return (self.from_date is None or self.from_date <= today) and (
            self.until_date is None or today <= self.until_date
        )


class RoleGrant(Record):
    """A role given to a user, for the whole installation or limited to a region or an organisation."""

    list_related = ("user", "region", "organisation")

    user = models.ForeignKey(User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="grants")
    role = models.CharField(_("role"), max_length=20, choices=[(role.code, role.name) for role in ROLES.values()])
    region = models.ForeignKey(Region, verbose_name=_("region"), null=True, blank=True, on_delete=models.CASCADE)
    organisation = models.ForeignKey(
        Organisation, verbose_name=_("organisation"), null=True, blank=True, on_delete=models.CASCADE
    )

    def __str__(self) -> str:
        return f"{self.user.email} – {self.get_role_display()}"

    class Meta:
        verbose_name = _("role of a user")
        verbose_name_plural = _("roles of users")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "region", "organisation"], name="role_granted_once", nulls_distinct=False
            )
        ]
