"""Programme files at the desk: upload, see what would change or every error at once, then load."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from tansiq.config import files
from tansiq.core.errors import BadInput
from tansiq.core.journal import Actor
from tansiq.programme.models import Programme

KEEP_SECONDS = 3600


def _folder(user: Any) -> Path:
    """Where a user's uploads wait between preview and confirmation; another user's are not reachable."""
    folder = settings.TANSIQ_DATA / "imports" / str(user.pk)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def import_file(request: Any) -> HttpResponse:
    if not request.user.has_perm("programme.add_programme"):
        raise PermissionDenied
    context: dict[str, Any] = {}
    if request.method == "POST" and request.POST.get("confirm"):
        return _confirm(request)
    if request.method == "POST":
        upload = request.FILES.get("file")
        if upload is None:
            context["problems"] = [_("Choose a file first.")]
        else:
            context |= _preview(request, upload)
    return render(request, "config/import.html", context, status=422 if context.get("problems") else 200)


def _preview(request: HttpRequest, upload: Any) -> dict[str, Any]:
    name = re.sub(r"[^\w.\- ]", "_", Path(upload.name).name)[:100]
    content = upload.read(files.SIZE_LIMIT_BYTES + 1)
    try:
        document = _as_permitted(
            request.user, files.read_bytes(content if len(content) <= files.SIZE_LIMIT_BYTES else None, name)
        )
        loaded = files.load(document, by=Actor("user", request.user.pk), now=timezone.now(), dry_run=True)
    except BadInput as error:
        return {"problems": error.problems, "name": name}
    _clear_old(_folder(request.user))
    token = f"{uuid.uuid4()}{Path(name).suffix.lower()}"
    (_folder(request.user) / token).write_bytes(content)
    return {"loaded": loaded, "counts": list(loaded.counts.items()), "name": name, "token": token}


def _as_permitted(user: Any, document: files.Document) -> files.Document:
    """Whoever may not publish loads a draft, and leaves what is public as it is."""
    if not user.has_perm("programme.publish_programme"):
        is_public = Programme.objects.filter(slug=str(document.data.get("slug")), published_at__isnull=False).exists()
        document.data["published"] = is_public
    return document


def _clear_old(folder: Path) -> None:
    oldest = timezone.now().timestamp() - KEEP_SECONDS
    for file in folder.iterdir():
        if file.stat().st_mtime < oldest:
            file.unlink(missing_ok=True)


def _confirm(request: HttpRequest) -> HttpResponse:
    """Load the file that was previewed; a second click finds it gone and changes nothing."""
    token = request.POST.get("token", "")
    if not re.fullmatch(r"[0-9a-f-]{36}\.(yaml|yml|xlsx)", token):
        raise Http404
    path = _folder(request.user) / token
    taken = path.with_suffix(path.suffix + ".taken")
    try:
        path.rename(taken)  # of two clicks at once only one succeeds
    except FileNotFoundError:
        messages.info(
            request, _("This file was loaded already, or its preview is older than an hour. Choose it again.")
        )
        return redirect("desk_import")
    try:
        content = taken.read_bytes()
        document = _as_permitted(
            request.user, files.read_bytes(content, request.POST.get("name", token)[:100] + path.suffix)
        )
        loaded = files.load(document, by=Actor("user", request.user.pk), now=timezone.now())
    except BadInput as error:
        return render(request, "config/import.html", {"problems": error.problems, "name": token}, status=422)
    finally:
        taken.unlink(missing_ok=True)
    messages.success(request, _("“%(slug)s” is loaded: %(n)s changes.") % {"slug": loaded.slug, "n": loaded.changes})
    return redirect("wagtailadmin_home")


def template(request: Any) -> HttpResponse:
    from tansiq.config import workbook

    if not request.user.has_perm("programme.add_programme"):
        raise PermissionDenied
    return _download(workbook.template(), "tansiq-template.xlsx")


def export(request: Any, pk: uuid.UUID, form: str) -> HttpResponse:
    """One programme as .yaml or .xlsx, for those who may see it."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user), pk=pk)
    data = files.export(programme)
    if form == "yaml":
        return _download(files.to_yaml(data).encode(), f"{programme.slug}.yaml")
    if form == "xlsx":
        from tansiq.config import workbook

        return _download(workbook.write(data), f"{programme.slug}.xlsx")
    raise Http404


def _download(content: bytes, name: str) -> HttpResponse:
    kind = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        if name.endswith("xlsx")
        else "application/yaml"
    )
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
