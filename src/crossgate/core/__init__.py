"""Everything that decides: no await, socket, clock, file or log in here."""
