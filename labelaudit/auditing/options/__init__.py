"""What an audit is asked for, checked: words for choices, settings of rules, arguments."""
