"""Who people are."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from accounts.querysets import UserManager
from nexusvpn.errors import InvalidInput
from nexusvpn.texts import one_line

# No vowels and no look-alikes: a code is read aloud and typed, and must not spell anything.
REFERRAL_ALPHABET = "23456789BCDFGHJKMNPQRSTVWXYZ"


def new_referral_code() -> str:
    """Twelve characters of an alphabet of 28: 57 bits, not to be guessed."""
    return "".join(secrets.choice(REFERRAL_ALPHABET) for _ in range(12))


class User(AbstractBaseUser, PermissionsMixin):
    """A customer or a member of staff. The e-mail address is the name, unique regardless of case."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    email = models.EmailField(max_length=254)
    full_name = models.CharField(max_length=150, blank=True)
    referral_code = models.CharField(max_length=16, default=new_referral_code, editable=False)
    referred_by = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="referred", db_index=False
    )
    stripe_customer_id = models.CharField(max_length=64, null=True, blank=True)
    # What mails are written in, and pages of a browser that has chosen nothing; empty: the site's own.
    language = models.CharField(max_length=8, blank=True, default="", db_default="")
    is_active = models.BooleanField(default=True, help_text=_("Off: suspended; can neither sign in nor use the API."))
    is_staff = models.BooleanField(default=False, help_text=_("May open the admin."))
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    email_verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    deletion_due_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the account is erased; until then it can be taken back."),
    )
    suspended_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text=_("Empty for accounts that were suspended before this was kept."),
    )
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)
    staff_factor_due_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text=_("From then on the admin asks for a second factor.")
    )

    objects: ClassVar[UserManager] = UserManager()

    # Of staff whose second factor was not shown in the session of this request: they have no rights of staff in it.
    lacks_factor = False

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering = ["-date_joined", "id"]
        permissions = [("act_as_user", gettext_noop("Can act as a customer"))]
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique"),
            models.UniqueConstraint(fields=["referral_code"], name="user_referral_code_unique"),
            models.UniqueConstraint(
                fields=["stripe_customer_id"],
                condition=models.Q(stripe_customer_id__isnull=False),
                name="user_stripe_customer_unique",
            ),
            models.CheckConstraint(condition=~models.Q(referred_by=models.F("id")), name="user_not_referred_by_self"),
            # Somebody who is leaving is shut out until they take it back, and who has left for ever.
            models.CheckConstraint(
                condition=models.Q(deletion_due_at__isnull=True, erased_at__isnull=True) | models.Q(is_active=False),
                name="user_leaving_is_inactive",
            ),
        ]
        indexes = [
            # "Whom did this person bring?": the referrals page and the account's deletion (SET NULL).
            models.Index(fields=["referred_by"], name="user_referred_by_idx"),
            # "Whose payment is this?": every event of the payment provider names only its customer id.
            models.Index(fields=["stripe_customer_id"], name="user_stripe_customer_idx"),
            # The admin's list of people, newest first.
            models.Index(fields=["-date_joined", "id"], name="user_newest_idx"),
            # Our staff, of all people: whom a ticket can be given to, whom alerts are mailed to.
            models.Index(fields=["email"], condition=models.Q(is_staff=True), name="user_staff_idx"),
            # The job that erases accounts: "due and not done".
            models.Index(
                fields=["deletion_due_at"],
                condition=models.Q(deletion_due_at__isnull=False),
                name="user_deletion_due_idx",
            ),
            # How many were erased since the last day that was counted, and on a day.
            models.Index(fields=["erased_at"], condition=models.Q(erased_at__isnull=False), name="user_erased_idx"),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def is_verified(self) -> bool:
        return self.email_verified_at is not None

    @property
    def is_leaving(self) -> bool:
        """Whether its deletion was asked for and can still be taken back."""
        return self.deletion_due_at is not None and self.deletion_due_at > timezone.now()

    @property
    def is_suspended(self) -> bool:
        """By staff, whether the person is leaving besides or not."""
        if self.is_active or self.erased_at is not None:
            return False
        return self.suspended_at is not None or self.deletion_due_at is None

    @property
    def belongs_to_staff(self) -> bool:
        """Whether it is no mere customer's: a superuser may do everything once they may open the admin."""
        return self.is_staff or self.is_superuser

    @property
    def acts_as_staff(self) -> bool:
        return self.is_staff and not self.lacks_factor

    def has_second_factor(self) -> bool:
        authenticator = models.Q(totp_seed__confirmed_at__isnull=False)
        return type(self).objects.filter(authenticator | models.Q(passkeys__isnull=False), pk=self.pk).exists()

    def clean(self) -> None:
        """For forms on the model itself, the admin's among them."""
        self.email = type(self).objects.normalize_email(self.email)
        try:
            self.full_name = one_line(self.full_name, "full_name")
        except InvalidInput as error:
            raise ValidationError(error.fields) from None
