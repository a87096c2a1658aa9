"""The hotel of the report: its bookings, made or read, and the writes that are played on them."""
