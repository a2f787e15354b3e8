//! Paths, configuration, the connection to a server, and target resolution.
