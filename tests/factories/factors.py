"""People with a second factor, and the codes that their authenticator would show."""

from __future__ import annotations

import time

from accounts.models import TotpSeed, User
from accounts.services import recovery_codes, totp


def give_totp(user: User) -> None:
    """As after setting it up some time ago: no code of the present is used up."""
    seed = totp.write_seed(user)
    seed.confirmed_at = seed.created_at
    seed.save()


def code_of(user: User, steps: int = 0) -> str:
    """The code that the person's authenticator shows `steps` of half a minute from now."""
    seed = totp.seed_of(TotpSeed.objects.get(user=user))
    return totp.code_at(seed, int(time.time()) // totp.STEP_S + steps)


def wrong_code_of(user: User) -> str:
    """Six digits that are none of its codes now."""
    near = {code_of(user, steps) for steps in (-2, -1, 0, 1, 2)}
    return next(f"{number:06}" for number in range(1_000_000) if f"{number:06}" not in near)


def give_recovery_codes(user: User) -> list[str]:
    return recovery_codes.write_codes(user)
