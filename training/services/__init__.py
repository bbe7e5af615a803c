"""What people (and the policy) decide: rules, transactions, audit events."""
