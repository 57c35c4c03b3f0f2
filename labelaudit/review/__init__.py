"""The review page: a local web server over the queue, and the page that it serves."""
