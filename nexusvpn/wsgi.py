"""The web application: `gunicorn nexusvpn.wsgi`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexusvpn.settings")
# Serving, unlike a migration or a shell, pools its connections and bounds its statements.
os.environ.setdefault("DATABASE_POOL_SIZE", "16")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "30000")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
