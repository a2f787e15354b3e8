//! The terminal model: feed bytes, read rows, paint, snapshot.
