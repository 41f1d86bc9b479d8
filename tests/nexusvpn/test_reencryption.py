"""The encryption key is changed while everything runs."""

from __future__ import annotations

import os
from io import StringIO

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db.models import BinaryField
from pytest_django import Settings

from accounts.encrypted import export_place
from accounts.models import DataExport, Mail, TotpSeed, User
from accounts.services.outbox import bodies_of, queue_mail
from accounts.services.totp import place_of as seed_place
from nexusvpn import encrypted_columns
from nexusvpn.encryption import UnreadableSecret, decrypt, encrypt, is_current
from tests.factories.billing import grant
from tests.factories.vpn import make_location, make_server, new_key
from vpn.models import IpAssignment
from vpn.services.devices import add_device, remove_device
from vpn.services.preshared import open_preshared_key

pytestmark = pytest.mark.django_db
OLD, NEW = os.urandom(32), os.urandom(32)


@pytest.fixture(autouse=True)
def _devices(alice: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five places with keys under the old key, one of them given back; batches of two."""
    monkeypatch.setattr(encrypted_columns, "BATCH", 2)
    settings.ENCRYPTION_KEYS = [OLD]
    grant(alice, "basic")
    make_server(make_location("ams"))
    made = [add_device(user=alice, name=f"d{n}", location_slug="ams", public_key=new_key()) for n in range(5)]
    remove_device(user=alice, device_id=made[0].pk)


def keys() -> list[str | None]:
    rows = IpAssignment.objects.order_by("pk")
    return [open_preshared_key(row.preshared_key, row.device_id, row.server_id) for row in rows]


def renew() -> str:
    output = StringIO()
    call_command("reencrypt_secrets", stdout=output)
    return output.getvalue().strip()


def test_every_key_gets_the_first_key_and_stays_the_same(settings: Settings) -> None:
    before = keys()
    assert len(set(before)) == 5
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert renew() == "5 encrypted anew, 0 were up to date."
    settings.ENCRYPTION_KEYS = [NEW]
    assert keys() == before
    assert renew() == "0 encrypted anew, 5 were up to date."


def test_what_is_new_meanwhile_is_left_alone(alice: User, settings: Settings) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    add_device(user=alice, name="new", location_slug="ams", public_key=new_key())
    assert renew() == "5 encrypted anew, 1 were up to date."


def test_a_row_that_changed_after_it_was_read_keeps_what_it_got(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    first = IpAssignment.objects.order_by("pk").first()
    assert first is not None
    renewed = encrypted_columns.renew_encryption

    def meanwhile(stored: bytes, place: str) -> bytes:
        IpAssignment.objects.filter(pk=first.pk).update(preshared_key=b"another")
        return renewed(stored, place)

    monkeypatch.setattr(encrypted_columns, "renew_encryption", meanwhile)
    assert renew() == "4 encrypted anew, 0 were up to date."
    assert bytes(IpAssignment.objects.get(pk=first.pk).preshared_key or b"") == b"another"


def test_what_no_key_opens_is_left_as_it_is_and_told(settings: Settings) -> None:
    before = list(IpAssignment.objects.order_by("pk").values_list("preshared_key", flat=True))
    settings.ENCRYPTION_KEYS = [NEW]
    with pytest.raises(CommandError, match="5 cannot be read"):
        renew()
    assert list(IpAssignment.objects.order_by("pk").values_list("preshared_key", flat=True)) == before
    with pytest.raises(UnreadableSecret):
        keys()


def test_seeds_mails_and_exports_get_it_too_and_what_is_empty_is_left_alone(alice: User, settings: Settings) -> None:
    TotpSeed.objects.create(user=alice, seed=encrypt(b"seed", seed_place(alice.pk)))
    mail = queue_mail("welcome", alice.email, {"name": "Alice"}, user=alice)
    Mail.objects.create(user=alice, to=alice.email, kind="welcome", subject="Sent", state="sent")
    export = DataExport(user=alice, state="ready")
    export.content = encrypt(b"data", export_place(export.pk))
    export.save()
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert renew() == "8 encrypted anew, 0 were up to date."
    settings.ENCRYPTION_KEYS = [NEW]
    assert decrypt(bytes(TotpSeed.objects.get().seed), seed_place(alice.pk)) == b"seed"
    assert "Alice" in bodies_of(Mail.objects.get(pk=mail.pk))["txt"]
    assert decrypt(bytes(DataExport.objects.get().content), export_place(export.pk)) == b"data"
    assert bytes(Mail.objects.get(subject="Sent").content) == b""


def test_every_column_that_is_said_to_be_encrypted_is_registered() -> None:
    """A binary column is a secret, or public or a hash of one: a new one has to say which."""
    public = {"accounts.Passkey.credential_id", "accounts.Passkey.credential", "billing.GiftCode.code_hash"}
    columns = {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, BinaryField)
    }
    assert {column.label for column in encrypted_columns.encrypted_columns()} == columns - public


def test_a_value_says_which_key_it_has(settings: Settings) -> None:
    row = IpAssignment.objects.latest("pk")
    assert row.preshared_key is not None
    assert is_current(bytes(row.preshared_key))
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    assert not is_current(bytes(row.preshared_key))
