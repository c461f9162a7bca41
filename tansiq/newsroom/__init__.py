"""What do we say, and is it true? Reads the records; facts found in texts, compared between languages and with them."""
