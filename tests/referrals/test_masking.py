from __future__ import annotations

import pytest

from referrals.links import mask_email


@pytest.mark.parametrize(
    ("email", "masked"),
    [
        ("alice@example.com", "a•••@e•••.com"),
        ("a@b.co", "a•••@b•••.co"),
        ("very.long.name.indeed@mail.example.co.uk", "v•••@m•••.uk"),
        ("Äpfel@müller.example", "Ä•••@m•••.example"),
        ("root@localhost", "r•••@l•••"),
        ("root@[192.0.2.1]", "r•••@1•••"),
        ('"odd@name"@example.org', '"•••@e•••.org'),
    ],
)
def test_an_address_keeps_first_letters_and_ending_only(email: str, masked: str) -> None:
    assert mask_email(email) == masked


def test_the_mask_does_not_say_how_long_the_address_is() -> None:
    assert mask_email("al@ex.com") == mask_email("a" * 60 + "@" + "e" * 60 + ".com")
