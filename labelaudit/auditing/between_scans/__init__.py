"""What a project agreed to live with, and what changed since the last scan."""
