"""The command `swipegan`: options, and one import per command body."""
