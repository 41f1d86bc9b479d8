"""What other apps may want to know of a person's plan and payments."""

from django.dispatch import Signal

# Sent with send() inside the transaction in which it changes: `user_id` (UUID). What holds now is for `entitlement_for` to say.
entitlement_changed = Signal()
# Sent with send() inside the transaction in which an invoice is first seen paid, once for each: `user_id` (UUID), `invoice_id` (str).
payment_succeeded = Signal()
