"""From what models say of boxes to how probable it is that each label is wrong. No torch here."""
