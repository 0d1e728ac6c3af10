"""The bar of two volumes, one over the other."""
