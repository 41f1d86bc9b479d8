"""The columns of this app that are encrypted, and what each value is bound to."""

from __future__ import annotations

from uuid import UUID

from accounts.models import DataExport, Mail, TotpSeed
from accounts.services.totp import place_of as seed_place
from nexusvpn.encrypted_columns import register_encrypted


def mail_place(mail_id: UUID) -> str:
    return f"accounts.Mail.content {mail_id}"


def export_place(export_id: UUID) -> str:
    return f"accounts.DataExport.content {export_id}"


def register() -> None:
    register_encrypted(Mail, "content", ("id",), mail_place)
    register_encrypted(DataExport, "content", ("id",), export_place)
    register_encrypted(TotpSeed, "seed", ("user_id",), seed_place)
