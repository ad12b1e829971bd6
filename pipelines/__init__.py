"""What happens to data and networks: sources, features, training, tracking, export, serving."""
