"""Multi30k: captions of photographs in English, and their German translations."""
