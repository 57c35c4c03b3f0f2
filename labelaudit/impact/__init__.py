"""What wrong labels cost a network in average precision, measured on the user's own data."""
