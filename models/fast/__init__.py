"""Parts of a network that the kernels compute in training, each beside its plain form's file."""
