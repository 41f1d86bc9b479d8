"""What buying, and changing what was bought, may refuse. Codes are part of the API contract."""

from __future__ import annotations

from django.utils.translation import gettext

from nexusvpn.errors import Conflict
from nexusvpn.languages import lazy as _


class AlreadySubscribed(Conflict):
    code = "already_subscribed"
    message = _("You have a subscription already. Change its plan instead.")


class AlreadyPaid(Conflict):
    code = "already_paid"
    message = _("You have just paid on the page that was open. Your plan is being set up; nothing more is to be paid.")


class CheckoutReplaced(Conflict):
    code = "checkout_replaced"
    message = _("Another payment page was opened meanwhile. Go on there, or try again.")


class CurrencyFixed(Conflict):
    """Stripe bills a customer in one currency, that of their first purchase."""

    code = "currency_fixed"

    def __init__(self, currency: str) -> None:
        text = gettext("You pay in %(currency)s since your first purchase; another currency is not possible.")
        super().__init__(text % {"currency": currency})


class NotSubscribed(Conflict):
    code = "no_subscription"
    message = _("You have no subscription.")


class UnknownSubscription(Conflict):
    """Its price is none of ours: somebody made it by hand at Stripe."""

    code = "subscription_unknown"
    message = _("Your subscription was set up by hand. Write to support to change it.")


class Outdated(Conflict):
    code = "subscription_changed"
    message = _("Your subscription changed in this moment. Look at it, then try again.")


class SamePlan(Conflict):
    code = "same_plan"
    message = _("You have this plan already.")


class PreviewTooOld(Conflict):
    code = "preview_too_old"
    message = _("The price was computed too long ago. Look at it again, then confirm. Nothing was charged.")


class PaymentDue(Conflict):
    code = "payment_due"
    message = _("Your last payment failed. Update your card or pay the open invoice first, then change your plan.")


class SubscriptionPaused(Conflict):
    code = "subscription_paused"
    message = _("Your subscription is paused. End the pause first.")


class SubscriptionEnding(Conflict):
    code = "subscription_ending"
    message = _("Your subscription is set to end. Keep it first, then change it.")


class NothingBought(Conflict):
    code = "nothing_bought"
    message = _("You have not bought anything yet, so there is nothing to manage.")


class NothingToRefund(Conflict):
    code = "nothing_to_refund"
    message = _("Nothing of this payment is left to be refunded.")


class NobodyToCredit(Conflict):
    code = "nobody_to_credit"
    message = _("This person has bought nothing yet, so there is no invoice from which credit could be taken.")


class DiscountWaits(Conflict):
    code = "discount_waits"
    message = _("Stripe has not been asked for this yet. Look again in a moment.")


class DiscountOver(Conflict):
    code = "discount_over"
    message = _("This cannot be used any more, or is being ended already.")


class RefundUnderWay(Conflict):
    code = "refund_under_way"
    message = _("A refund of this payment is under way. Look again in a moment.")


class UnknownGift(Conflict):
    """Also for one that was revoked: nobody learns which codes there were."""

    code = "gift_unknown"
    message = _("This code does not exist. Look at it once more: it has five groups of four signs.")


class GiftUsed(Conflict):
    code = "gift_used"
    message = _("This code was redeemed already.")


class GiftExpired(Conflict):
    code = "gift_expired"
    message = _("The time in which this code could be redeemed is over.")


class GiftNotNeeded(Conflict):
    code = "gift_not_needed"
    message = _("You have this plan already, or more. Keep the code for later or for somebody else.")


class GiftOfOnesOwn(Conflict):
    """Of a batch that they made or can download: who gives codes away does not give themselves a plan."""

    code = "gift_own"
    message = _(
        "You are one of those who give this code away, so you cannot redeem it. A colleague can give you a plan."
    )


class PaymentDisputed(Conflict):
    code = "payment_disputed"
    message = _(
        "The customer's bank asks for this payment back: Stripe refunds nothing of it any more. Answer the dispute there."
    )
