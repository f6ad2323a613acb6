"""The ledger of trials: what was sent to each challenge, what differed, and what came back."""
