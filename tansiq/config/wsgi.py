"""The WSGI application: Django behind the page cache."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tansiq.config.settings")

from django.core.wsgi import get_wsgi_application

django_application = get_wsgi_application()

from tansiq.public.cache import PageCache  # noqa: E402  (needs Django's settings)

application = PageCache(django_application)
