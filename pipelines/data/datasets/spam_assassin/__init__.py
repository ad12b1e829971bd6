"""E-mails labelled as ham or spam."""
