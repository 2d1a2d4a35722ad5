//! The program as a person runs it: its words and its exit code, on both servers.

#![expect(clippy::unwrap_used, clippy::panic, reason = "what a test needs is there, or it fails")]

mod cluster;
mod failures;
mod kubelet;
mod program;
mod repository;
mod story;
