"""What runs `nexusvpn.asgi`: `gunicorn --worker-class nexusvpn.waiting_worker.WaitingWorker nexusvpn.asgi`."""

from __future__ import annotations

from uvicorn_worker import UvicornWorker


class WaitingWorker(UvicornWorker):
    """Leaves the client's address alone.

    uvicorn would take it from the headers of anybody on 127.0.0.1; whom to believe is TRUSTED_PROXIES' business.
    """

    CONFIG_KWARGS = {**UvicornWorker.CONFIG_KWARGS, "proxy_headers": False}
