"""The review page: its HTTP interface, its guard, its images, and the page itself."""
