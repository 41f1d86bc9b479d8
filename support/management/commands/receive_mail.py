"""What a mail server pipes its mails into: one mail on standard input, and an exit code that says what to do with it."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NoReturn

from django.conf import settings
from django.core.management.base import BaseCommand

from nexusvpn.logs import logger
from support.inbound.messages import UnreadableMail
from support.services.inbound import receive_mail

log = logger(__name__)
# sysexits.h: bad data (the server returns the mail), and try again later (it keeps it).
DATA_ERROR, TRY_AGAIN = 65, 75
LARGEST = 30 * 1024 * 1024
# Of a processor's time, which no mail of a person needs; waiting for the database is not counted.
MOST_WORK_S = 60.0


class TooMuchWork(BaseException):
    """The mail was made to keep us busy. No exception that a library may catch."""


class Command(BaseCommand):
    help = (
        "Read one mail from standard input and put it into its ticket's thread. Exits with 0 when it was taken or deliberately "
        "ignored, 65 when it is no mail, larger than 30 MB or cannot be read, 75 when it should be handed over again."
    )
    # A mail server starts it for each mail.
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SUPPORT_MAIL_ADDRESS:
            # Kept by the server until somebody has set it, rather than lost.
            log.error("mail_not_expected", hint="SUPPORT_MAIL_ADDRESS is empty")
            sys.exit(TRY_AGAIN)
        raw = read_all(sys.stdin.buffer)
        if raw is None:
            self.stderr.write("This mail is larger than 30 MB.")
            sys.exit(DATA_ERROR)
        try:
            with limited_work():
                receive_mail(raw)
        except UnreadableMail:
            self.stderr.write("This is no mail that can be read.")
            sys.exit(DATA_ERROR)
        except TooMuchWork:
            # Tried again it would be the same.
            log.error("mail_too_much_work", bytes=len(raw))
            self.stderr.write("This mail takes too long to read.")
            sys.exit(DATA_ERROR)
        except Exception as error:
            log.exception("mail_not_received", error=type(error).__name__)
            sys.exit(TRY_AGAIN)


@contextmanager
def limited_work() -> Iterator[None]:
    """Raises TooMuchWork once this process has been busy for so long."""

    def end(*_: object) -> NoReturn:
        raise TooMuchWork

    former = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, MOST_WORK_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, former)


def read_all(source: BinaryIO) -> bytes | None:
    """The whole mail, or None where it is too large; then all of it was read, as the server's pipe wants."""
    raw = source.read(LARGEST + 1)
    if len(raw) <= LARGEST:
        return raw
    while source.read(1024 * 1024):
        pass
    return None
