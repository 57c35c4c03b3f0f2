"""Images that show the same: candidates, registered and compared on their pixels."""
