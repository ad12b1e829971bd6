"""From a trained network to a verified version in `exports/`."""
