"""The addresses of the phone app, all under `/field/`: the scope of its service worker ends there."""

from django.urls import path

from tansiq.field import app, door, sync

urlpatterns = [
    path("", door.start, name="field"),
    path("<uuid:pk>/<str:day>/", door.door, name="field_door"),
    path("doors.json", app.doors, name="field_doors"),
    path("list.json", app.take_list, name="field_list"),
    path("sync.json", sync.sync, name="field_sync"),
    path("shell/", app.shell, name="field_shell"),
    path("worker.js", app.worker, name="field_worker"),
    path("app.webmanifest", app.manifest, name="field_manifest"),
]
