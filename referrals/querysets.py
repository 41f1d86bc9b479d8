from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User
    from referrals.models import Referral  # noqa: F401  (named in a string below)


class ReferralQuerySet(models.QuerySet["Referral"]):
    def made_by(self, user: User) -> ReferralQuerySet:
        return self.filter(referrer=user)
