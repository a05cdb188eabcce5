"""What label cells mean."""
