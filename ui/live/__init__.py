"""The contenders at work: which are loaded, what they answer, rows put to them."""
