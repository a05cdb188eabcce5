"""Who acts, and where: the runtime, the account, and what that person may do."""
