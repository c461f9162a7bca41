"""Who may see and change pictures, logos and consents."""

from tansiq.people.roles import has_role, permit, reads

keeps_media = has_role("secretariat", "programme_officer", "press_officer")
for _model in ("asset", "rendition", "logo"):
    permit("media", _model, view=reads, change=keeps_media)
permit("media", "consent", view=keeps_media, change=keeps_media)
