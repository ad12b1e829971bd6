"""What people wrote in e-mails, and the subjects that they gave them."""
