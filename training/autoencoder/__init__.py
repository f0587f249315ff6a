"""The autoencoders of the embedded generators: an exact encoder, a decoder that redraws."""
