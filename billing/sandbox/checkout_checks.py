"""What Stripe refuses when a checkout session is made."""

from __future__ import annotations

from billing.sandbox.clock import DAY, MINUTE
from billing.sandbox.errors import StripeError
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj


def check_request(sandbox: Sandbox, params: Obj, mode: str) -> None:
    if mode == "setup":
        raise StripeError("The sandbox has no sessions of mode `setup`; cards are changed in the portal.", param="mode")
    if not params.get("success_url"):
        raise StripeError("Missing required param: success_url.", code="parameter_missing", param="success_url")
    for name in ("success_url", "cancel_url"):
        if name in params and not params[name].startswith(("http://", "https://")):
            raise StripeError("Not a valid URL", code="url_invalid", param=name)
    if "customer" in params and "customer_email" in params:
        raise StripeError("You may only specify one of these parameters: customer, customer_email.", param="customer")
    if "customer" in params:
        sandbox.store.need("customer", params["customer"], "customer")
    if params.get("allow_promotion_codes") and params.get("discounts"):
        raise StripeError(
            "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            param="allow_promotion_codes",
        )
    if mode == "payment" and "subscription_data" in params:
        raise StripeError("You can not pass `subscription_data` in `payment` mode.", param="subscription_data")
    if mode == "subscription" and "payment_intent_data" in params:
        raise StripeError("You can not pass `payment_intent_data` in `subscription` mode.", param="payment_intent_data")
    wants_name = params.get("tax_id_collection", {}).get("enabled") and "customer" in params
    if wants_name and params.get("customer_update", {}).get("name") != "auto":
        raise StripeError(
            "Tax ID collection requires updating business name on the customer. To enable tax ID collection for an "
            "existing customer, please set `customer_update[name]` to `auto`.",
            param="customer_update[name]",
        )
    if params.get("automatic_tax", {}).get("enabled") and "customer" in params:
        _check_taxable(sandbox, params)


def expiry(params: Obj, now: int) -> int:
    expires: int = params.get("expires_at", now + DAY)
    if not now + 30 * MINUTE <= expires <= now + DAY:
        raise StripeError(
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from Checkout Session creation.",
            param="expires_at",
        )
    return expires


def _check_taxable(sandbox: Sandbox, params: Obj) -> None:
    customer = sandbox.store.need("customer", params["customer"], "customer")
    if not customer["address"] and params.get("customer_update", {}).get("address") != "auto":
        raise StripeError(
            "Automatic tax calculation in Checkout requires a valid address on the Customer. Add a valid address to the "
            "Customer or set either `customer_update[address]` to 'auto' or `customer_update[shipping]` to 'auto'.",
            code="customer_tax_location_invalid",
            param="automatic_tax",
        )
