"""Bodies of e-mails and their subjects."""
