"""REF: records and the references between them."""
