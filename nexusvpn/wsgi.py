"""The web application: `gunicorn --worker-class nexusvpn.web_worker.WebWorker --threads 8 nexusvpn.wsgi`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexusvpn.settings")
# Serving, unlike a migration or a shell, pools its connections and bounds its statements. Fewer connections than threads:
# what needs no database is served while all of them are busy.
os.environ.setdefault("DATABASE_POOL_SIZE", "6")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "10000")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
