"""The application of the project: rooms and bookings."""
