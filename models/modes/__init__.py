"""How inputs map to outputs: one file per mode."""
