"""`data --pack`: what people have made into data for training, with a picture of it and words."""
