"""What other apps may want to know of an account."""

from enum import StrEnum

from django.dispatch import Signal


class Changed(StrEnum):
    """What of an account: whether it is active (suspended or reinstated, leaving or back), where we write to it, or in which language."""

    ACTIVITY = "activity"
    LANGUAGE = "language"
    ADDRESS = "address"


# Sent with send() inside the transaction that makes the account: `user` (User), `referrer` (User or None), `campaign` (str, empty
# for none; not looked at).
# A receiver that raises undoes the account.
account_registered = Signal()

# Sent with send() inside the transaction in which it changes: `user` (User), `what` (Changed). The account's row says what holds now.
account_changed = Signal()

# Sent with send() inside a transaction, again and again until nobody has anything left: `user` (User, without name and address by
# then), `batch` (int). A receiver erases at most about `batch` rows of the person and returns whether more may be left.
account_erased = Signal()
