"""What a notebook shows of a dataset and of findings: tables with pictures, and plots."""
