"""The outbox as tests read it: what waits to be sent, as the person would see it."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.models import Mail
from accounts.services.outbox import bodies_of, headers_of


@dataclass(frozen=True)
class Waiting:
    to: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]
    row: Mail


def waiting_mails(kind: str = "") -> list[Waiting]:
    """The mails that wait, oldest first; of one kind (a folder below templates/emails), or of all."""
    rows = Mail.objects.filter(state=Mail.State.QUEUED).order_by("created_at", "id")
    found = []
    for row in rows.filter(kind=kind) if kind else rows:
        bodies = bodies_of(row)
        found.append(Waiting(row.to, row.subject, bodies["txt"], bodies["html"], headers_of(row), row))
    return found
