"""Requests that several tests send."""

from __future__ import annotations

from stripe.params.checkout import SessionCreateParams

SESSION: SessionCreateParams = {
    "mode": "payment",
    "client_reference_id": "payment-1",
    "metadata": {"payment_id": "payment-1"},
    "payment_intent_data": {"metadata": {"payment_id": "payment-1"}},
    "line_items": [
        {
            "quantity": 1,
            "price_data": {
                "currency": "usd",
                "unit_amount": 8050,
                "product_data": {"name": "Good Terms Shop: payment"},
            },
        }
    ],
    "success_url": "https://shop.example/pay/abc?session={CHECKOUT_SESSION_ID}",
    "cancel_url": "https://shop.example/pay/abc",
}
