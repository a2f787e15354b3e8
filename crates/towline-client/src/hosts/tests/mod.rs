//! Reading, changing and taking over lists of hosts.

mod edit;
mod file;
mod import;
