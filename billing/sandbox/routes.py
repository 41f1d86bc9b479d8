"""The API's addresses: method, path, handler, and the SDK's type of the parameters."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import stripe

from billing.sandbox import (
    balance,
    cards,
    catalogue,
    changes,
    checkout,
    customers,
    discounts,
    disputes,
    invoice_requests,
    payment_requests,
    portal,
    previews,
    refunds,
    schedules,
    subscriptions,
    webhook_endpoints,
)
from billing.sandbox.listing import listing, retrieval
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj, complete

Handler = Callable[..., Obj]


@dataclass(frozen=True)
class Route:
    """`handler(sandbox, params, *ids of the path)`."""

    method: str
    path: str
    handler: Handler
    params: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        return re.compile(re.sub(r"\{\w+\}", r"([^/]+)", self.path) + r"\Z")


def _account(sandbox: Sandbox, params: Obj, *_: str) -> Obj:
    values = {"id": "acct_sandbox0000000", "object": "account", "country": "US", "default_currency": "usd"}
    return complete(stripe.Account, {**values, "charges_enabled": True, "payouts_enabled": True, "type": "standard"})


def _delete_customer(sandbox: Sandbox, params: Obj, id: str) -> Obj:
    sandbox.store.need("customer", id)
    subscriptions.cancel_all_of(sandbox, id)
    return customers.delete_customer(sandbox, params, id)


def _resource(kind: str, path: str, params: str, **handlers: Handler) -> list[Route]:
    """The usual five: a list and a retrieval, and those of create, modify and delete that are given."""
    one = f"{path}/{{id}}"
    routes = [
        Route("GET", path, handlers.get("list", listing(kind, path)), f"{params}ListParams"),
        Route("GET", one, handlers.get("retrieve", retrieval(kind)), f"{params}RetrieveParams"),
    ]
    for name, method, where in (("create", "POST", path), ("modify", "POST", one), ("delete", "DELETE", one)):
        if name in handlers:
            routes.append(Route(method, where, handlers[name], f"{params}{name.title()}Params"))
    return routes


# More special paths first: `create_preview` would be taken for an id.
ROUTES: list[Route] = [
    Route("GET", "/v1/account", _account, "AccountRetrieveParams"),
    Route("GET", "/v1/accounts/{id}", _account, "AccountRetrieveParams"),
    Route("GET", "/v1/balance", balance.retrieve_balance, "BalanceRetrieveParams"),
    Route("POST", "/v1/invoices/create_preview", previews.create_preview, "InvoiceCreatePreviewParams"),
    *_resource(
        "product",
        "/v1/products",
        "Product",
        create=catalogue.create_product,
        modify=catalogue.update_product,
        delete=catalogue.delete_product,
    ),
    Route("GET", "/v1/products/{id}/features", catalogue.list_features, "ProductListFeaturesParams"),
    *_resource(
        "price",
        "/v1/prices",
        "Price",
        list=catalogue.list_prices,
        create=catalogue.create_price,
        modify=catalogue.update_price,
    ),
    *_resource(
        "coupon",
        "/v1/coupons",
        "Coupon",
        create=discounts.create_coupon,
        modify=discounts.update_coupon,
        delete=discounts.delete_coupon,
    ),
    *_resource(
        "promotion_code",
        "/v1/promotion_codes",
        "PromotionCode",
        list=discounts.list_promotion_codes,
        create=discounts.create_promotion_code,
        modify=discounts.update_promotion_code,
    ),
    *_resource(
        "customer",
        "/v1/customers",
        "Customer",
        retrieve=customers.retrieve_customer,
        create=customers.create_customer,
        modify=customers.update_customer,
        delete=_delete_customer,
    ),
    Route(
        "GET",
        "/v1/customers/{id}/payment_methods",
        customers.list_customer_methods,
        "CustomerListPaymentMethodsParams",
    ),
    Route(
        "GET",
        "/v1/customers/{id}/payment_methods/{method}",
        customers.retrieve_customer_method,
        "CustomerRetrievePaymentMethodParams",
    ),
    Route("GET", "/v1/customers/{id}/tax_ids", customers.list_tax_ids, "CustomerListTaxIdsParams"),
    Route("POST", "/v1/customers/{id}/tax_ids", customers.create_tax_id, "CustomerCreateTaxIdParams"),
    Route("DELETE", "/v1/customers/{id}/tax_ids/{tax_id}", customers.delete_tax_id, "CustomerDeleteTaxIdParams"),
    Route(
        "GET",
        "/v1/customers/{id}/balance_transactions",
        customers.list_credits,
        "CustomerListBalanceTransactionsParams",
    ),
    Route(
        "POST",
        "/v1/customers/{id}/balance_transactions",
        customers.create_credit,
        "CustomerCreateBalanceTransactionParams",
    ),
    *_resource(
        "payment_method",
        "/v1/payment_methods",
        "PaymentMethod",
        retrieve=cards.retrieve_method,
        create=cards.create_method,
        modify=cards.update_method,
    ),
    Route("POST", "/v1/payment_methods/{id}/attach", cards.attach, "PaymentMethodAttachParams"),
    Route("POST", "/v1/payment_methods/{id}/detach", cards.detach, "PaymentMethodDetachParams"),
    *_resource(
        "payment_intent",
        "/v1/payment_intents",
        "PaymentIntent",
        create=payment_requests.create_intent,
        modify=payment_requests.update_intent,
    ),
    Route("POST", "/v1/payment_intents/{id}/confirm", payment_requests.confirm_intent, "PaymentIntentConfirmParams"),
    Route("POST", "/v1/payment_intents/{id}/cancel", payment_requests.cancel_intent, "PaymentIntentCancelParams"),
    *_resource("charge", "/v1/charges", "Charge", modify=payment_requests.update_charge),
    *_resource("refund", "/v1/refunds", "Refund", create=refunds.create_refund, modify=refunds.update_refund),
    *_resource("dispute", "/v1/disputes", "Dispute", modify=disputes.update_dispute),
    Route("POST", "/v1/disputes/{id}/close", disputes.close_dispute, "DisputeCloseParams"),
    *_resource("balance_transaction", "/v1/balance_transactions", "BalanceTransaction"),
    *_resource(
        "subscription",
        "/v1/subscriptions",
        "Subscription",
        list=subscriptions.list_subscriptions,
        create=subscriptions.create,
        modify=changes.update,
    ),
    Route("DELETE", "/v1/subscriptions/{id}", subscriptions.cancel, "SubscriptionCancelParams"),
    Route("POST", "/v1/subscriptions/{id}/resume", changes.resume, "SubscriptionResumeParams"),
    Route("DELETE", "/v1/subscriptions/{id}/discount", changes.delete_discount, "SubscriptionDeleteDiscountParams"),
    *_resource("subscription_item", "/v1/subscription_items", "SubscriptionItem", list=subscriptions.list_items),
    *_resource(
        "subscription_schedule",
        "/v1/subscription_schedules",
        "SubscriptionSchedule",
        create=schedules.create,
        modify=schedules.update,
    ),
    Route("POST", "/v1/subscription_schedules/{id}/release", schedules.release, "SubscriptionScheduleReleaseParams"),
    Route("POST", "/v1/subscription_schedules/{id}/cancel", schedules.cancel, "SubscriptionScheduleCancelParams"),
    *_resource(
        "invoice",
        "/v1/invoices",
        "Invoice",
        list=invoice_requests.list_invoices,
        create=invoice_requests.create_invoice,
        modify=invoice_requests.update_invoice,
        delete=invoice_requests.delete_invoice,
    ),
    Route("GET", "/v1/invoices/{id}/lines", invoice_requests.list_lines, "InvoiceListLinesParams"),
    Route("POST", "/v1/invoices/{id}/finalize", invoice_requests.finalize_invoice, "InvoiceFinalizeInvoiceParams"),
    Route("POST", "/v1/invoices/{id}/pay", invoice_requests.pay_invoice, "InvoicePayParams"),
    Route("POST", "/v1/invoices/{id}/void", invoice_requests.void_invoice, "InvoiceVoidInvoiceParams"),
    Route(
        "POST",
        "/v1/invoices/{id}/mark_uncollectible",
        invoice_requests.mark_uncollectible,
        "InvoiceMarkUncollectibleParams",
    ),
    *_resource("invoiceitem", "/v1/invoiceitems", "InvoiceItem", create=invoice_requests.create_item),
    *_resource("invoice_payment", "/v1/invoice_payments", "InvoicePayment", list=invoice_requests.list_payments),
    *_resource(
        "checkout.session",
        "/v1/checkout/sessions",
        "checkout.Session",
        list=checkout.list_sessions,
        create=checkout.create,
        modify=checkout.update,
    ),
    Route("POST", "/v1/checkout/sessions/{id}/expire", checkout.expire, "checkout.SessionExpireParams"),
    Route("GET", "/v1/checkout/sessions/{id}/line_items", checkout.list_lines, "checkout.SessionListLineItemsParams"),
    *_resource(
        "billing_portal.configuration",
        "/v1/billing_portal/configurations",
        "billing_portal.Configuration",
        create=portal.create_configuration,
        modify=portal.update_configuration,
    ),
    Route("POST", "/v1/billing_portal/sessions", portal.create_session, "billing_portal.SessionCreateParams"),
    *_resource("event", "/v1/events", "Event", list=webhook_endpoints.list_events),
    *_resource(
        "webhook_endpoint",
        "/v1/webhook_endpoints",
        "WebhookEndpoint",
        list=webhook_endpoints.list_endpoints,
        retrieve=webhook_endpoints.retrieve_endpoint,
        create=webhook_endpoints.create_endpoint,
        modify=webhook_endpoints.update_endpoint,
        delete=webhook_endpoints.delete_endpoint,
    ),
]


def find_route(method: str, path: str) -> tuple[Route, tuple[str, ...]] | None:
    for route in ROUTES:
        if route.method == method and (match := route.pattern.match(path)):
            return route, match.groups()
    return None
