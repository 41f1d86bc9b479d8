"""What buying, and changing what was bought, may refuse. Codes are part of the API contract."""

from __future__ import annotations

from nexusvpn.errors import Conflict


class AlreadySubscribed(Conflict):
    code = "already_subscribed"
    message = "You have a subscription already. Change its plan instead."


class AlreadyPaid(Conflict):
    code = "already_paid"
    message = "You have just paid on the page that was open. Your plan is being set up; nothing more is to be paid."


class CheckoutReplaced(Conflict):
    code = "checkout_replaced"
    message = "Another payment page was opened meanwhile. Go on there, or try again."


class CurrencyFixed(Conflict):
    """Stripe bills a customer in one currency, that of their first purchase."""

    code = "currency_fixed"

    def __init__(self, currency: str) -> None:
        super().__init__(f"You pay in {currency} since your first purchase; another currency is not possible.")


class NotSubscribed(Conflict):
    code = "no_subscription"
    message = "You have no subscription."


class UnknownSubscription(Conflict):
    """Its price is none of ours: somebody made it by hand at Stripe."""

    code = "subscription_unknown"
    message = "Your subscription was set up by hand. Write to support to change it."


class Outdated(Conflict):
    code = "subscription_changed"
    message = "Your subscription changed in this moment. Look at it, then try again."


class SamePlan(Conflict):
    code = "same_plan"
    message = "You have this plan already."


class PreviewTooOld(Conflict):
    code = "preview_too_old"
    message = "The price was computed too long ago. Look at it again, then confirm. Nothing was charged."


class PaymentDue(Conflict):
    code = "payment_due"
    message = "Your last payment failed. Update your card or pay the open invoice first, then change your plan."


class SubscriptionPaused(Conflict):
    code = "subscription_paused"
    message = "Your subscription is paused. End the pause first."


class SubscriptionEnding(Conflict):
    code = "subscription_ending"
    message = "Your subscription is set to end. Keep it first, then change it."


class NothingBought(Conflict):
    code = "nothing_bought"
    message = "You have not bought anything yet, so there is nothing to manage."


class NothingToRefund(Conflict):
    code = "nothing_to_refund"
    message = "Nothing of this payment is left to be paid back."


class NobodyToCredit(Conflict):
    code = "nobody_to_credit"
    message = "This person has bought nothing yet, so there is no invoice from which credit could be taken."


class DiscountWaits(Conflict):
    code = "discount_waits"
    message = "Stripe has not been asked for this yet. Look again in a moment."


class DiscountOver(Conflict):
    code = "discount_over"
    message = "This cannot be used any more, or is being ended already."


class RefundUnderWay(Conflict):
    code = "refund_under_way"
    message = "A refund of this payment is under way. Look again in a moment."


class UnknownGift(Conflict):
    """Also for one that was revoked: nobody learns which codes there were."""

    code = "gift_unknown"
    message = "This code does not exist. Look at it once more: it has five groups of four signs."


class GiftUsed(Conflict):
    code = "gift_used"
    message = "This code was redeemed already."


class GiftExpired(Conflict):
    code = "gift_expired"
    message = "The time in which this code could be redeemed is over."


class GiftNotNeeded(Conflict):
    code = "gift_not_needed"
    message = "You have this plan already, or more. Keep the code for later or for somebody else."


class PaymentDisputed(Conflict):
    code = "payment_disputed"
    message = "The customer's bank asks for this payment back: Stripe refunds nothing of it any more. Answer the dispute there."
