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
# The card is kept, for charges without the customer.
SAVING: SessionCreateParams = {
    **SESSION,
    "customer_creation": "always",
    "customer_email": "maya@example.com",
    "payment_intent_data": {**SESSION["payment_intent_data"], "setup_future_usage": "off_session"},
}
