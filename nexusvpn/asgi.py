"""Where nodes wait: `gunicorn -k nexusvpn.waiting_worker.WaitingWorker nexusvpn.asgi`. People are served by `nexusvpn.wsgi`."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "nexusvpn.settings")
os.environ.setdefault("DATABASE_POOL_SIZE", "8")
os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "10000")

import django

django.setup()

from vpn.node_api.waiting import WaitingRoom  # noqa: E402

application = WaitingRoom()
