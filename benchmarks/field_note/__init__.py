"""What a note of 2019 on detection for mobile devices says, tried claim by claim."""
