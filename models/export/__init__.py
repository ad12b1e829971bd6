"""The SavedModel: raw inputs in, decoded outputs out."""
