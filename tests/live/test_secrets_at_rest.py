"""After a journey through everything no secret of it stands in the database's dump or in a log."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from nexusvpn.local import places
from nexusvpn.local.stack import WORKERS
from tests.factories.vpn import new_key
from tests.live.conftest import StackMaker
from tests.live.stack import Stack
from tests.smtp import SmtpSink, smtp_sink

pytestmark = pytest.mark.live
PASSWORD = "planted-password-7QxKfm2ZpR"
WRONG = "planted-wrong-password-9LdWq4"
# A link in a mail holds such a one; written as the services write mails and links.
LINK_TOKEN = "plantedLinkToken5hTqYb8RsXvN2"
WRITE_LINK = f"""
from datetime import timedelta
from django.utils import timezone
from accounts.models import EmailToken, User
from accounts.services.outbox import queue_mail
from accounts.services.sessions import hash_key
user = User.objects.latest("date_joined")
queue_mail("welcome", user.email, {{"name": "{LINK_TOKEN}"}}, user=user)
values = {{"token_hash": hash_key("{LINK_TOKEN}"), "email": user.email, "expires_at": timezone.now() + timedelta(hours=1)}}
EmailToken.objects.update_or_create(user=user, purpose="reset", defaults=values)
"""


@dataclass
class Journey:
    """Goes through the product as a customer does, and remembers what must not be found afterwards."""

    stack: Stack
    sink: SmtpSink
    email: str = field(default_factory=lambda: f"{uuid4().hex[:12]}@example.com")
    secrets: dict[str, list[str]] = field(default_factory=dict)

    def go(self) -> None:
        self.secrets["password"] = [PASSWORD, WRONG]
        token = self.register()
        seed, codes = self.second_factor(token)
        self.sign_in(seed, codes)
        self.device(token)
        self.key(token)
        ticket = {"subject": "My tunnel", "message": "It stops after a minute.", "priority": "low"}
        assert self.stack.api("POST", "tickets", ticket, token).status == 201
        assert self.stack.api("POST", "users/me/export", {}, token).status == 202
        self.link()
        self.wait_for_mails(2)
        self.leave_and_come_back(token, codes)

    def register(self) -> str:
        made = self.stack.api("POST", "auth/register", {"email": self.email, "password": PASSWORD})
        assert made.status == 201, made.body
        if "token" not in made.data or made.data["token"] is None:
            made = self.stack.api("POST", "auth/login", {"email": self.email, "password": PASSWORD})
        token = str(made.data["token"])
        self.secrets["token"] = [token]
        return token

    def second_factor(self, token: str) -> tuple[str, list[str]]:
        setup = self.stack.api("POST", "auth/2fa/setup", {"password": PASSWORD}, token)
        assert setup.status == 200, setup.body
        seed = str(setup.data["secret"])
        raw = base64.b32decode(seed + "=" * (-len(seed) % 8))
        # A dump writes bytes in hexadecimal.
        self.secrets["seed of the authenticator"] = [seed, raw.hex()]
        code = TOTP(raw, 6, SHA1(), 30).generate(int(time.time())).decode()
        enabled = self.stack.api("POST", "auth/2fa/enable", {"code": code}, token)
        assert enabled.status == 200, enabled.body
        codes = [str(each) for each in enabled.data["recovery_codes"]]
        self.secrets["recovery codes"] = codes + [each.replace("-", "") for each in codes]
        return seed, codes

    def sign_in(self, seed: str, codes: list[str]) -> None:
        assert self.stack.api("POST", "auth/login", {"email": self.email, "password": WRONG}).status == 401
        asked = self.stack.api("POST", "auth/login", {"email": self.email, "password": PASSWORD})
        assert asked.data["requires_2fa"] is True
        body = {"email": self.email, "password": PASSWORD, "code": codes[0]}
        signed_in = self.stack.api("POST", "auth/login", body)
        assert signed_in.status == 200, signed_in.body
        self.secrets["token"].append(str(signed_in.data["token"]))

    def device(self, token: str) -> None:
        made = self.stack.api("POST", "devices", {"name": "Laptop", "location": "demo-1"}, token)
        assert made.status == 201, self.stack.logs()
        config = made.data["config"]
        keys = re.findall(r"^(PrivateKey|PresharedKey) = (\S+)$", config, flags=re.MULTILINE)
        assert {name for name, _ in keys} == {"PrivateKey", "PresharedKey"}
        for name, key in keys:
            self.secrets[name] = [key, base64.b64decode(key).hex()]

    def key(self, token: str) -> None:
        made = self.stack.api("POST", "users/me/api-keys", {"name": "Script", "scopes": ["read"]}, token)
        assert made.status == 201, made.body
        key = next(
            value for value in made.data.values() if isinstance(value, str) and len(value) > 30 and "nvk_" in value
        )
        self.secrets["API key"] = [key]
        assert self.stack.api("GET", "devices", token=key).status == 200

    def link(self) -> None:
        self.stack.manage("shell", "-c", WRITE_LINK)
        self.secrets["link in a mail"] = [LINK_TOKEN]

    def wait_for_mails(self, at_least: int) -> None:
        """Until they are out, and the row of each says so."""
        deadline = time.monotonic() + 60
        while len(self.sink.received) < at_least or self.stack.sql("SELECT 1 FROM accounts_mail WHERE state <> 'sent'"):
            assert time.monotonic() < deadline, self.stack.logs()
            time.sleep(0.2)
        assert any(
            LINK_TOKEN in part.get_payload()
            for mail in self.sink.received
            for part in mail.walk()
            if not part.is_multipart()
        )

    def leave_and_come_back(self, token: str, codes: list[str]) -> None:
        proof = {"password": PASSWORD, "code": codes[1]}
        assert self.stack.api("DELETE", "users/me", proof, token).status == 200
        back = {"email": self.email, "password": PASSWORD, "code": codes[2]}
        restored = self.stack.api("POST", "auth/restore", back)
        assert restored.status == 200, restored.body


@pytest.fixture
def journey(make_stack: StackMaker) -> Journey:
    with smtp_sink() as sink:
        stack = make_stack(workers=1, settings={"EMAIL_URL": f"smtp://127.0.0.1:{sink.port}", "LOG_LEVEL": "DEBUG"})
        stack.manage("create_demo_data")
        stack.put_in_service("demo-1", new_key())
        for name, queues in WORKERS.items():
            stack.spawn(name, [sys.executable, "manage.py", "procrastinate", "worker", "--queues", ",".join(queues)])
        journey = Journey(stack, sink)
        journey.go()
        # What is still running writes its last line.
        time.sleep(1)
        return journey


def dump(stack: Stack) -> str:
    """The whole database as PostgreSQL's own program writes it."""
    url = urlsplit(stack.database_url)
    program = places.postgres_programs(places.data_folder(places.CHECKOUT)) / "pg_dump"
    command = [str(program), "-h", unquote(url.hostname or ""), "-U", url.username or "", "-d", url.path[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    return done.stdout


def logs(stack: Stack) -> str:
    return "\n".join(path.read_text(errors="replace") for path in sorted(Path(stack.folder).glob("*.log")))


def found_in(text: str, secrets: dict[str, list[str]]) -> list[str]:
    return [name for name, values in secrets.items() for value in values if value in text]


def test_no_secret_of_a_whole_journey_is_in_the_dump_or_in_a_log(journey: Journey) -> None:
    dumped, logged = dump(journey.stack), logs(journey.stack)
    # What was dumped and logged is of this journey.
    assert journey.email in dumped
    assert "/api/v1/devices" in logged
    for table in ("accounts_user", "accounts_totpseed", "vpn_ipassignment", "procrastinate_jobs"):
        assert f"COPY public.{table} " in dumped
    assert len(journey.secrets) == 8
    assert found_in(dumped, journey.secrets) == []
    assert found_in(logged, journey.secrets) == []
    # The negative control: what stands there in clear is found, in both.
    journey.stack.sql("UPDATE accounts_user SET full_name = %s WHERE email = %s", PASSWORD, journey.email)
    assert found_in(dump(journey.stack), journey.secrets) == ["password"]
    journey.stack.api("GET", f"nothing/{LINK_TOKEN}")
    time.sleep(0.5)
    assert found_in(logs(journey.stack), journey.secrets) == ["link in a mail"]
