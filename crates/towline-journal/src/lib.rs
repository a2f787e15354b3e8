//! The append-only record of a pane's terminal: format, writer, reader, recovery.
