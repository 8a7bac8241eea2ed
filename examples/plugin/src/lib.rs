//! Notes by their titles, on code that protoc has generated.

mod notes;
/// What `generate.sh` writes.
pub mod pb;

pub use notes::MyNotes;
