"""What an operator may say: one file per object of the contract."""
