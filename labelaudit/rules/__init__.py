"""One file a rule, in folders by family. Every module here is imported when rules are first asked for."""
