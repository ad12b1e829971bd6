"""E-mails that people sorted into wanted ones and spam."""
