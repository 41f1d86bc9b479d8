from billing.models.checkouts import CheckoutSession, StripeOrder
from billing.models.coupons import Coupon, PromotionCode, Standing
from billing.models.customers import StripeCustomer
from billing.models.events import Effect, StripeEvent
from billing.models.gifts import GiftBatch, GiftCode
from billing.models.ledger import LedgerEntry
from billing.models.payments import Dispute, Invoice, Payment
from billing.models.plans import Interval, Plan, PlanGrant, PlanPrice
from billing.models.reconciling import Discrepancy, ReconcileRun
from billing.models.subscriptions import Subscription
from billing.models.sums import LedgerDay, RecurringCount, RecurringMonth

__all__ = [
    "CheckoutSession",
    "Coupon",
    "Discrepancy",
    "Dispute",
    "Effect",
    "GiftBatch",
    "GiftCode",
    "Interval",
    "Invoice",
    "LedgerDay",
    "LedgerEntry",
    "Payment",
    "Plan",
    "PlanGrant",
    "PlanPrice",
    "PromotionCode",
    "ReconcileRun",
    "RecurringCount",
    "RecurringMonth",
    "Standing",
    "StripeCustomer",
    "StripeEvent",
    "StripeOrder",
    "Subscription",
]
