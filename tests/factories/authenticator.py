"""A WebAuthn authenticator in a few lines: it makes passkeys and shows them, honestly or not."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

FLAG = AuthenticatorData.FLAG


@dataclass
class Authenticator:
    """One device with one passkey. `counts`: whether it counts its signatures; `verifies`: whether it asks who holds it."""

    origin: str = "http://localhost"
    counts: bool = True
    verifies: bool = True
    count: int = 0
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: os.urandom(32))
    user_handle: bytes = b""

    def _flags(self) -> FLAG:
        return FLAG.UP | FLAG.UV if self.verifies else FLAG.UP

    def _count(self) -> int:
        self.count += self.counts
        return self.count

    def _client_data(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(kind, websafe_decode(challenge), self.origin)

    def _answer(self, response: dict[str, bytes]) -> str:
        encoded = {name: websafe_encode(value) for name, value in response.items()}
        identifier = websafe_encode(self.credential_id)
        return json.dumps({"id": identifier, "rawId": identifier, "type": "public-key", "response": encoded})

    def make(self, options: dict[str, Any]) -> str:
        """What a page sends after `navigator.credentials.create(options)`."""
        self.user_handle = websafe_decode(options["user"]["id"])
        public_key = ES256.from_cryptography_key(self.key.public_key())
        data = AttestedCredentialData.create(Aaguid.NONE, self.credential_id, public_key)
        party = hashlib.sha256(options["rp"]["id"].encode()).digest()
        shown = AuthenticatorData.create(party, self._flags() | FLAG.AT, self._count(), data)
        attestation = AttestationObject.create("none", shown, {})
        client_data = self._client_data("webauthn.create", options["challenge"])
        return self._answer({"clientDataJSON": client_data, "attestationObject": attestation})

    def show(self, options: dict[str, Any]) -> str:
        """What a page sends after `navigator.credentials.get(options)`."""
        party = hashlib.sha256(options["rpId"].encode()).digest()
        shown = AuthenticatorData.create(party, self._flags(), self._count())
        client_data = self._client_data("webauthn.get", options["challenge"])
        signature = self.key.sign(shown + client_data.hash, ec.ECDSA(SHA256()))
        response = {"clientDataJSON": client_data, "authenticatorData": shown, "signature": signature}
        return self._answer({**response, "userHandle": self.user_handle})
