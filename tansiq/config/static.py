"""Static files under names with their digest; in the scripts of the phone app each import names the digest too."""

from django.contrib.staticfiles.storage import ManifestStaticFilesStorage


class Hashed(ManifestStaticFilesStorage):
    # Of our own modules alone: Wagtail's scripts are built, and hold what only looks like an import.
    patterns = (
        *ManifestStaticFilesStorage.patterns,
        ("field/*.js", ManifestStaticFilesStorage._js_module_import_aggregation_patterns[1]),  # type: ignore[attr-defined]
    )
