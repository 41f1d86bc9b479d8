"""What other apps may want to know of an account."""

from django.dispatch import Signal

# Sent with send() inside the transaction that makes the account: `user` (User), `referrer` (User or None).
# A receiver that raises undoes the account.
account_registered = Signal()

# Sent with send() inside the transaction that suspends or reinstates an account: `user` (User), `active` (bool).
account_activity_changed = Signal()
