"""The values of images: decoders and their limits, signs, palettes, look-up tables, colours, and one array for all."""
