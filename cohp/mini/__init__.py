"""The embedded default models: their vocabulary and, in weights/, their folders."""
