"""Hosted invoices: a page on which an open one is paid, and a PDF."""

from __future__ import annotations

from html import escape
from urllib.parse import urlencode

from billing.sandbox.cards import card_of, expiry_of, make_method
from billing.sandbox.errors import StripeError
from billing.sandbox.invoice_requests import pay_in_person
from billing.sandbox.money import written
from billing.sandbox.pages import Answer, alert, card_fields, form, link, page, redirect, table
from billing.sandbox.sandbox import Sandbox
from billing.sandbox.shapes import Obj

Fields = dict[str, str]


def invoice_at(sandbox: Sandbox, secret: str) -> Obj | None:
    """The invoice of a page's address."""
    ending = f"/invoice/{secret}"
    found = sandbox.store.all("invoice", lambda one: (one["hosted_invoice_url"] or "").endswith(ending))
    return next(iter(found), None)


def show(sandbox: Sandbox, invoice: Obj, message: str = "", status: int = 200) -> Answer:
    parts = [alert(message), f"<p>{escape(invoice['status'])}</p>", table(_rows(invoice))]
    if invoice["status"] == "open":
        parts.append(form(invoice["hosted_invoice_url"], "Pay", card_fields()))
    parts.append(f"<p>{link(invoice['invoice_pdf'], 'Download PDF')}</p>")
    return page(f"Invoice {invoice['number']}", *parts, status=status)


def submit(sandbox: Sandbox, invoice: Obj, fields: Fields) -> Answer:
    here = invoice["hosted_invoice_url"]
    if invoice["status"] != "open":
        return redirect(here)
    try:
        method = make_method(sandbox, fields.get("number", ""), **expiry_of(sandbox, fields.get("expiry", "")))
        asked = fields.get("answer") == "complete"
        if card_of(sandbox, method).asks and not asked:
            kept = urlencode({"number": fields.get("number", ""), "back": here})
            return redirect(f"/authenticate/card?{kept}")
        sandbox.store.hidden(method["id"])["confirmed"] = asked
        error = pay_in_person(sandbox, invoice, method, asked=asked)
    except StripeError as refused:
        error = refused
    return show(sandbox, invoice, str(error), 402) if error else redirect(here)


def pdf(invoice: Obj) -> Answer:
    """One page of plain text, as small as a PDF can be."""
    lines = [f"Invoice {invoice['number']}", "", *(f"{name}   {value}" for name, value in _rows(invoice))]
    # Helvetica without an embedded font knows only Latin-1; what else a name has becomes a question mark.
    shown = [line.replace("\\", "").replace("(", "[").replace(")", "]").encode("latin-1", "replace") for line in lines]
    text = b"BT /F1 11 Tf 50 780 Td 16 TL " + b" ".join(b"(" + line + b") Tj T*" for line in shown) + b" ET"
    return Answer(_document(text), type="application/pdf")


def _rows(invoice: Obj) -> list[tuple[str, str]]:
    currency = invoice["currency"]
    rows = [(line["description"], written(line["amount"], currency)) for line in invoice["lines"]["data"]]
    rows += [("Discount", written(-one["amount"], currency)) for one in invoice["total_discount_amounts"]]
    return [
        *rows,
        ("Total", written(invoice["total"], currency)),
        ("Amount due", written(invoice["amount_due"], currency)),
        ("Amount paid", written(invoice["amount_paid"], currency)),
    ]


def _document(text: bytes) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> "
        b">> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text),
    ]
    body, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    start = len(body)
    table_of = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        body
        + b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (
            size,
            table_of,
            size,
            start,
        )
    )
