"""The web application: `gunicorn --worker-class nexusvpn.web_worker.WebWorker --threads 8 nexusvpn.wsgi`."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexusvpn.settings")
# Serving, unlike a migration or a shell, pools its connections and bounds its statements. Fewer connections than threads:
# what needs no database is served while all of them are busy.
os.environ.setdefault("DATABASE_POOL_SIZE", "6")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "10000")

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

application = get_wsgi_application()
# What is loaded now stays, and what a large report or a snapshot makes goes by itself: the collector need not look through the first for
# the sake of the second. The addresses are read before, and with them the apps' views.
get_resolver().url_patterns  # noqa: B018
gc.collect()
gc.freeze()
gc.set_threshold(20_000)
