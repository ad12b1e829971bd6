"""Sentences of English news with the people, places and organisations in them."""
