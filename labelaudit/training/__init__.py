"""A detector as a product: trained, kept in one file, evaluated, asked about images."""
