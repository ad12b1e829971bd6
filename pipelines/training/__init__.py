"""How weights are learned: one step, the loop around it, what survives a kill, what is shown."""
