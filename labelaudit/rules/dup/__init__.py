"""DUP: one object that is labelled more than once."""
