"""One small program for each peer, run by the peers' own interpreter: `python PROGRAM PATH`."""
