"""Recurrences with input feeding: each step waits for the attention of the last one."""
