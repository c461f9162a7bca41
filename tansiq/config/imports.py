"""Programme files at the desk: upload, see what would change or every error at once, then load."""

from __future__ import annotations

import dataclasses
import re
import shutil
import tempfile
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from tansiq.config import archive, files, undo
from tansiq.config.shape import counted_names
from tansiq.core.errors import BadInput, Refused
from tansiq.core.journal import Actor
from tansiq.core.models import LoadedFile
from tansiq.programme.models import Programme

KEEP_SECONDS = 3600
MOST_FILES = 20


def _folder(user: Any, token: str = "") -> Path:
    """Where a user's uploads wait between preview and confirmation; another user's are not reachable."""
    folder = settings.TANSIQ_DATA / "imports" / str(user.pk) / token
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def import_file(request: Any) -> HttpResponse:
    if not request.user.has_perm("programme.load_file"):
        raise PermissionDenied
    context: dict[str, Any] = {}
    if request.method == "POST" and request.POST.get("confirm"):
        return _confirm(request)
    if request.method == "POST":
        context |= _preview(request, request.FILES.getlist("file"))
    context["past"] = LoadedFile.objects.filter(undone_at=None).defer("before", "texts_before", "created")[:10]
    return render(request, "config/import.html", context, status=422 if context.get("problems") else 200)


def _preview(request: HttpRequest, uploads: list[Any]) -> dict[str, Any]:
    """Keep the file and the texts that it names in a folder of their own, and try it."""
    plans = [one for one in uploads if Path(one.name).suffix.lower() in PROGRAMME_FILES]
    if not uploads:
        return {"problems": [_("Choose a file first.")]}
    if len(plans) != 1 or len(uploads) > MOST_FILES:
        return {
            "problems": [
                _(
                    "Choose one programme file (.yaml or .xlsx) with the archived texts that it names, or one archive (.zip)."
                )
            ]
        }
    if archive.is_archive(plans[0].name) and plans[0].size > files.SIZE_LIMIT_BYTES:
        message = _("This archive is larger than 30 MB. Whoever runs the installation loads it: tansiq load %(name)s")
        return {"problems": [message % {"name": _safe(plans[0].name)}]}
    _clear_old(_folder(request.user))
    token = str(uuid.uuid4())
    folder = _folder(request.user, token)
    name = _safe(plans[0].name)
    for upload in uploads:
        content = upload.read(files.SIZE_LIMIT_BYTES + 1)
        (folder / _safe(upload.name)).write_bytes(content)
    try:
        loaded = files.load(
            _document(request.user, folder, name), by=Actor("user", request.user.pk), now=timezone.now(), dry_run=True
        )
    except BadInput as error:
        shutil.rmtree(folder, ignore_errors=True)
        return {"problems": [_named(problem, folder) for problem in error.problems], "name": name}
    return {"loaded": loaded, "counts": counted_names(loaded.counts), "name": name, "token": token}


PROGRAMME_FILES = (".yaml", ".yml", ".xlsx", ".zip")


def _safe(name: str) -> str:
    return re.sub(r"[^\w.\- ]", "_", Path(name).name)[-100:].lstrip(".") or "file"


def _named(problem: Any, folder: Path) -> Any:
    """A place as the user knows it: the file's name, not where it waits."""
    return dataclasses.replace(problem, place=problem.place.replace(f"{folder}/", ""))


def _document(user: Any, folder: Path, name: str) -> files.Document:
    """The uploaded file with its texts where it says that they are; a browser sends no folders. Of an archive its own."""
    path = folder / name
    if archive.is_archive(name):
        path = archive.unpack(path, folder / "unpacked", most_bytes=10 * files.SIZE_LIMIT_BYTES)
    document = files.read(path)
    sources = document.data.get("sources")
    for source in sources if isinstance(sources, list) else []:
        text = source.get("text") if isinstance(source, dict) else None
        if not isinstance(text, str):
            continue
        sent = folder / _safe(text)
        if sent.is_file() and (folder / text).resolve().is_relative_to(folder.resolve()):
            (folder / text).parent.mkdir(parents=True, exist_ok=True)
            if not (folder / text).exists():
                shutil.copyfile(sent, folder / text)
    # Whoever may not publish loads a draft, and leaves what is public as it is.
    if not user.has_perm("programme.publish_programme"):
        is_public = Programme.objects.filter(slug=str(document.data.get("slug")), published_at__isnull=False).exists()
        document.data["published"] = is_public
    return document


def _clear_old(folder: Path) -> None:
    oldest = timezone.now().timestamp() - KEEP_SECONDS
    for one in folder.iterdir():
        if one.stat().st_mtime < oldest:
            shutil.rmtree(one, ignore_errors=True)


def _confirm(request: HttpRequest) -> HttpResponse:
    """Load the file that was previewed; a second click finds it gone and changes nothing."""
    token = request.POST.get("token", "")
    if not re.fullmatch(r"[0-9a-f-]{36}", token):
        raise Http404
    waiting = _folder(request.user) / token
    taken = waiting.with_name(f"{token}.taken")
    try:
        waiting.rename(taken)  # of two clicks at once only one succeeds
    except OSError:
        messages.info(
            request, _("This file was loaded already, or its preview is older than an hour. Choose it again.")
        )
        return redirect("desk_import")
    name = next(one.name for one in taken.iterdir() if one.suffix.lower() in PROGRAMME_FILES)
    try:
        by = Actor("user", request.user.pk)
        loaded = undo.load(_document(request.user, taken, name), name=name, by=by, now=timezone.now())
    except BadInput as error:
        problems = [_named(problem, taken) for problem in error.problems]
        return render(request, "config/import.html", {"problems": problems, "name": name}, status=422)
    finally:
        shutil.rmtree(taken, ignore_errors=True)
    messages.success(request, _("“%(slug)s” is loaded: %(n)s changes.") % {"slug": loaded.slug, "n": loaded.changes})
    return redirect("wagtailadmin_home")


@require_POST
def take_back(request: Any, pk: uuid.UUID) -> HttpResponse:
    """Undo one loaded file; what was changed since is not lost unseen."""
    if not request.user.has_perm("programme.load_file"):
        raise PermissionDenied
    loaded = get_object_or_404(LoadedFile, pk=pk)
    is_public = Programme.objects.filter(slug=loaded.slug, published_at__isnull=False).exists()
    if is_public and not request.user.has_perm("programme.publish_programme"):
        raise PermissionDenied
    try:
        undo.undo(loaded, by=Actor("user", request.user.pk), now=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("“%(name)s” is taken back.") % {"name": loaded.file_name})
    return redirect("desk_import")


def template(request: Any) -> HttpResponse:
    from tansiq.config import workbook

    if not request.user.has_perm("programme.load_file"):
        raise PermissionDenied
    return _download(workbook.template(), "tansiq-template.xlsx")


def export(request: Any, pk: uuid.UUID, form: str) -> HttpResponseBase:
    """One programme as .yaml or .xlsx, or whole as .zip, for those who may see it."""
    programme = get_object_or_404(Programme.objects.visible_to(request.user), pk=pk)
    data = files.export(programme, request.user.has_perm)
    if form == "zip":
        return _archive(request, programme)
    if form == "yaml":
        return _download(files.to_yaml(data).encode(), f"{programme.slug}.yaml")
    if form == "xlsx":
        from tansiq.config import workbook

        return _download(workbook.write(data), f"{programme.slug}.xlsx")
    raise Http404


def _archive(request: Any, programme: Programme) -> FileResponse:
    """The whole programme, with its letters: for who may read the register. A file on disk while it is written."""
    if not request.user.has_perms(("coordination.open_work", "coordination.view_letter")):
        raise PermissionDenied
    out = tempfile.TemporaryFile()  # noqa: SIM115  (the answer closes it)
    archive.write(programme, out, now=timezone.now())
    out.seek(0)
    return FileResponse(out, as_attachment=True, filename=f"{programme.slug}.zip", content_type="application/zip")


def _download(content: bytes, name: str) -> HttpResponse:
    kind = (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
        if name.endswith("xlsx")
        else "application/yaml"
    )
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
