//! A Towline of its own for each test.
