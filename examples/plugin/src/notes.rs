//! The service.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rsrpc_runtime::{Context, Status, Streaming};

use crate::pb::notes::{FindRequest, Note, Notes, PutReply};

/// Notes in memory by title.
#[derive(Default)]
pub struct MyNotes {
    notes: Mutex<BTreeMap<String, Note>>,
}

impl Notes for MyNotes {
    async fn put(&self, _: &Context, note: Note) -> Result<PutReply, Status> {
        if note.title.is_empty() {
            return Err(Status::invalid_argument("a note needs a title"));
        }
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let replaced = notes.insert(note.title.clone(), note);
        Ok(PutReply {
            replaced: replaced.map(Box::new),
        })
    }

    async fn find(&self, _: &Context, request: FindRequest) -> Result<Streaming<Note>, Status> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let has_labels = |note: &&Note| {
            let mut wanted = request.labels.iter();
            wanted.all(|(name, value)| note.labels.get(name) == Some(value))
        };
        let found: Vec<_> = notes.values().filter(has_labels).cloned().collect();
        Ok(Streaming::iter(found))
    }
}
