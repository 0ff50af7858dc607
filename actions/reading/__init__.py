"""Reading free text: amounts, days, lengths, choices. Pure functions; nothing here knows the customer."""
