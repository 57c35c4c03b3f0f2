"""One file a rule, in folders by family; all are imported when rules are first asked for."""
