"""What other apps may want to know of an account."""

from django.dispatch import Signal

# Sent with send() inside the transaction that makes the account: `user` (User), `referrer` (User or None), `campaign` (str, empty
# for none; not looked at).
# A receiver that raises undoes the account.
account_registered = Signal()

# Sent with send() inside the transaction that suspends or reinstates an account, or in which it leaves or comes back:
# `user` (User), `active` (bool).
account_activity_changed = Signal()

# Sent with send() inside the transaction in which a person chooses another language: `user` (User), in which we write to them from now on.
language_chosen = Signal()

# Sent with send() inside a transaction, again and again until nobody has anything left: `user` (User, without name and address by
# then), `batch` (int). A receiver erases at most about `batch` rows of the person and returns whether more may be left.
account_erased = Signal()
