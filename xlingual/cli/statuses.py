"""The exit statuses of all commands."""

DONE = 0
ERROR = 1
USAGE = 2
FAILED = 3
INTERRUPTED = 130
READER_LEFT = 141

IN_WORDS = (
    f"Exit status: {DONE} all was done; {ERROR} an error that the message says how to mend (`data contamination`: "
    f"something overlaps); {USAGE} no such command or option; {FAILED} a study went on to the stage asked for, and an "
    f"arm has no finished trial or a replicate failed; {INTERRUPTED} interrupted, what is finished is kept; "
    f"{READER_LEFT} whoever read the output left."
)
