"""Mails as mail programs write them: samples in `mails/`, and ones made of few words."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

SAMPLES = Path(__file__).with_name("mails")
ADDRESS = "support@vpn.example.com"


def sample(name: str, to: str = ADDRESS, sender: str = "alice@example.com") -> bytes:
    """A sample, addressed to somebody and from somebody."""
    raw = (SAMPLES / f"{name}.eml").read_bytes()
    return raw.replace(b"{to}", to.encode()).replace(b"alice@example.com", sender.encode())


def plain_mail(
    to: str, text: str = "It works now, thank you.", sender: str = "alice@example.com", **headers: str
) -> bytes:
    """`headers` by their names with underscores; an empty one is left out."""
    named = {"From": sender, "To": to, "Subject": "Re: My tunnel stops", "Message-ID": f"<{uuid4()}@example.com>"}
    named |= {"Content-Type": "text/plain; charset=utf-8"}
    named |= {name.replace("_", "-"): value for name, value in headers.items()}
    lines = [f"{name}: {value}" for name, value in named.items() if value]
    return ("\n".join(lines) + "\n\n" + text).encode()
