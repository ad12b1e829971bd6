"""The plays of William Shakespeare as dialogue."""
