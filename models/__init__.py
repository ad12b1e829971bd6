"""Networks in pure Keras: a spec goes in, a model comes out. Knows no task and no tracking."""
