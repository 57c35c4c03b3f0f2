"""What reviewers decided: see how far they are, give it to others, put it together."""
