"""Mail goes out after the transaction that asked for it, from a job that was written in that transaction.

The job table is the outbox: rolled back means never sent. The Message-ID is fixed when the mail is asked for, so that a
retry after a crash between sending and marking is the same mail to every mail server.
"""

from __future__ import annotations

from email.utils import make_msgid
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from nexusvpn.context import current_request_id
from nexusvpn.jobs import traced


def queue_mail(name: str, to: str, context: dict[str, Any]) -> None:
    """Queue the mail `templates/emails/<name>/{subject.txt,body.txt,body.html}`; call it inside the transaction."""
    context = {"site_url": settings.SITE_URL, "site_name": "NexusVPN", **context}
    send_mail.defer(
        to=to,
        subject=" ".join(render_to_string(f"emails/{name}/subject.txt", context).split()),
        text=render_to_string(f"emails/{name}/body.txt", context),
        html=render_to_string(f"emails/{name}/body.html", context),
        request_id=current_request_id(),
        message_id=make_msgid(domain=settings.SITE_URL.split("//")[-1].split(":")[0].split("/")[0]),
    )


@app.task(queue="mail", retry=RetryStrategy(max_attempts=8, exponential_wait=4))
@traced
def send_mail(to: str, subject: str, text: str, html: str, message_id: str) -> None:
    message = EmailMultiAlternatives(
        subject, text, settings.DEFAULT_FROM_EMAIL, [to], headers={"Message-ID": message_id}
    )
    message.attach_alternative(html, "text/html")
    message.send()
