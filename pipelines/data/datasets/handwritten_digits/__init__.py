"""Images of single handwritten digits, of MNIST."""
