"""SPL: splits that are not what their names promise."""
