"""Numbers that a reader of a finished study asks for beyond its report: one module a question, nothing drawn."""
