"""What a study leaves on storage, and how it is read back."""
