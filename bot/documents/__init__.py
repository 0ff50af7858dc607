"""Documents: receipts and statements as small PDFs, read from the ledger and reached by links that end (K15)."""
