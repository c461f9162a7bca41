"""The desk's pages for media: pictures and files, the consents behind them, logos and the right to use them."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.base import ViewSetGroup

from tansiq.core.errors import Refused
from tansiq.desk.records import CreateView, DeleteView, EditView, RecordForm, RecordViewSet
from tansiq.media import assets, consent
from tansiq.media.models import Asset, Consent, Logo


class AssetForm(RecordForm):
    """A new file is chosen once; later only the words about it change."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("A JPEG, PNG or WebP picture or a PDF of at most 20 MB. Nobody outside sees it yet."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            del self.fields["file"]

    def save(self, commit: bool = True) -> Any:
        asset = super().save(commit=commit)
        asset.upload = self.cleaned_data.get("file")
        return asset


def _store(asset: Any, *, by: Any, now: Any) -> Asset:
    return assets.store(
        content=asset.upload.read(), file_name=asset.upload.name, title=asset.title,
        alternative_text=asset.alternative_text, credit=asset.credit, shows_persons=asset.shows_persons,
        shows_children=asset.shows_children, by=by, now=now,
    )  # fmt: skip


class StoreAsset(CreateView):
    create = staticmethod(_store)


class ChangeAsset(EditView):
    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        is_public = Asset.objects.public(timezone.now()).filter(pk=self.object.pk).exists()
        return {**super().get_context_data(**kwargs), "is_public": is_public}


class RemoveAsset(DeleteView):
    remove = staticmethod(assets.remove)


class Preview(Column):
    cell_template_name = "desk/preview_cell.html"


class Assets(RecordViewSet):
    model = Asset
    name = "assets"
    icon = "image"
    menu_label = _("Pictures and files")
    add_view_class = StoreAsset
    edit_view_class = ChangeAsset
    delete_view_class = RemoveAsset
    edit_template_name = "desk/asset_form.html"
    list_display = [
        "title", Preview("preview", label=_("Preview")), "kind", "shows_persons", "shows_children", "created_at",
    ]  # fmt: skip
    list_filter = ["kind", "shows_persons"]
    search_fields = ["title", "credit"]
    list_export = ["title", "kind", "media_type", "size_bytes", "shows_persons", "created_at"]
    form_base = AssetForm
    panels = [
        "file",
        "title",
        "alternative_text",
        "credit",
        FieldRowPanel([FieldPanel("shows_persons"), FieldPanel("shows_children")]),
    ]


def _give(given: Consent, *, by: Any, now: Any) -> Consent:
    return consent.give(
        asset=given.asset, reference=given.reference, given_date=given.given_date, valid_until=given.valid_until,
        by=by, now=now,
    )  # fmt: skip


def _unchanged(given: Consent, *, by: Any, now: Any) -> Consent:
    raise Refused(_("A consent is not changed: withdraw it, and record the new form under its own number."))


def _withdraw(given: Consent, *, by: Any, now: Any) -> None:
    consent.withdraw(consent=given, by=by, now=now)


class GiveConsent(CreateView):
    create = staticmethod(_give)


class SeeConsent(EditView):
    change = staticmethod(_unchanged)
    delete_item_label = _("Withdraw")


class WithdrawConsent(DeleteView):
    remove = staticmethod(_withdraw)
    page_title = _("Withdraw")
    success_message = _("The consent is withdrawn; the picture is shown nowhere any more.")

    @property
    def confirmation_message(self) -> Any:
        return _(
            "The picture disappears from the site at once, and every copy made of it is deleted. Withdraw the consent?"
        )


class Consents(RecordViewSet):
    model = Consent
    name = "consents"
    icon = "doc-full-inverse"
    menu_label = _("Consents")
    add_view_class = GiveConsent
    edit_view_class = SeeConsent
    delete_view_class = WithdrawConsent
    list_display = ["reference", "asset", "given_date", "valid_until", "withdrawn_at"]
    search_fields = ["reference"]
    list_export = ["reference", "given_date", "valid_until", "withdrawn_at"]
    panels = ["asset", "reference", FieldRowPanel([FieldPanel("given_date"), FieldPanel("valid_until")])]


def _logo(logo: Logo, *, by: Any, now: Any) -> Logo:
    return assets.set_logo(organisation=logo.organisation, asset=logo.asset, right=logo.right, by=by, now=now)


class SetLogo(CreateView):
    create = staticmethod(_logo)


class ChangeLogo(EditView):
    change = staticmethod(_logo)


class RemoveLogo(DeleteView):
    remove = staticmethod(assets.remove_logo)


class Logos(RecordViewSet):
    model = Logo
    name = "logos"
    icon = "image"
    menu_label = _("Logos")
    add_view_class = SetLogo
    edit_view_class = ChangeLogo
    delete_view_class = RemoveLogo
    list_display = ["organisation", "right"]
    search_fields = ["organisation__name", "right"]
    list_export = ["organisation", "right"]
    panels = ["organisation", "asset", "right"]


class MediaGroup(ViewSetGroup):
    menu_label = _("Media")
    menu_icon = "image"
    menu_order = 250
    items = (Assets(), Consents(), Logos())
