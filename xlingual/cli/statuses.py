"""The exit statuses of all commands."""

DONE = 0
ERROR = 1
USAGE = 2
FAILED = 3
INTERRUPTED = 130
READER_LEFT = 141

IN_WORDS = (
    f"Exit status: {DONE} success; {ERROR} an error, and the message says what to do (`data contamination`: something "
    f"overlaps, `cluster check` and `doctor`: something is wrong, `replay`: a trial differs); {USAGE} no such command "
    f"or option; {FAILED} the study reached the stage asked for, but an arm has no finished trial or a replicate "
    f"failed; {INTERRUPTED} interrupted, and what is finished is kept; {READER_LEFT} the reader of the output left."
)
