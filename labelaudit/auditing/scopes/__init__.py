"""What of a dataset a rule has to be given, so that parts of it can be audited one by one."""
