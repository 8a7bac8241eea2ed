//! Splits files into chunks that threads turn into code independently. Syntax trees are large and cannot leave their
//! thread, so each chunk is reduced to text where it was parsed.

use std::num::NonZero;
use std::ops::Range;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use prost::Message as _;

use crate::input::{Files, SourceFile};

/// A range of definitions of one file, by index, including everything nested in them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// The file's index in [`Files::all`].
    pub(crate) file: usize,
    pub(crate) messages: Range<usize>,
    pub(crate) enums: Range<usize>,
    pub(crate) services: Range<usize>,
}

/// Descriptor bytes per chunk; a chunk takes a few milliseconds.
const CHUNK_BYTES: usize = 8 * 1024;
/// Descriptor bytes that justify one more thread, whose memory must be allocated and cleared.
const BYTES_PER_THREAD: usize = 4 * CHUNK_BYTES;
/// Stack size of a thread in bytes, as large as that of a main thread, because types may nest deeply.
const THREAD_STACK_BYTES: usize = 8 * 1024 * 1024;

impl Chunk {
    /// Returns one chunk for each generated file.
    pub(crate) fn files(files: &Files) -> Vec<Self> {
        let whole = |(file, source): (usize, &SourceFile)| Self {
            file,
            messages: 0..source.file.message_type.len(),
            enums: 0..source.file.enum_type.len(),
            services: 0..source.file.service.len(),
        };
        files.generated().map(whole).collect()
    }

    /// Splits generated files into small chunks, in file order. A chunk holds messages, enums or services, never a
    /// mixture.
    pub(crate) fn split(files: &Files) -> Vec<Self> {
        let mut chunks = Vec::new();
        for (file, source) in files.generated() {
            let source = &source.file;
            let empty = Self {
                file,
                ..Self::default()
            };
            let messages = runs(source.message_type.iter().map(|message| message.encoded_len()));
            chunks.extend(messages.map(|messages| Self {
                messages,
                ..empty.clone()
            }));
            let enums = runs(source.enum_type.iter().map(|item| item.encoded_len()));
            chunks.extend(enums.map(|enums| Self {
                enums,
                ..empty.clone()
            }));
            let services = runs(source.service.iter().map(|service| service.encoded_len()));
            chunks.extend(services.map(|services| Self {
                services,
                ..empty.clone()
            }));
        }
        chunks
    }
}

/// Groups consecutive indices until their sizes reach [`CHUNK_BYTES`].
fn runs(sizes: impl Iterator<Item = usize>) -> impl Iterator<Item = Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    let mut sum = CHUNK_BYTES;
    for (index, size) in sizes.enumerate() {
        match runs.last_mut() {
            Some(run) if sum < CHUNK_BYTES => {
                run.end = index + 1;
                sum += size;
            }
            _ => {
                runs.push(index..index + 1);
                sum = size;
            }
        }
    }
    runs.into_iter()
}

/// Calls `work` for each index below `count` and returns the results in order. Uses up to one thread per processor, and
/// fewer for small inputs. Propagates panics to the caller.
pub(crate) fn in_parallel<T: Send>(count: usize, bytes: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let run = || {
        let mut done = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            if index >= count {
                return done;
            }
            done.push((index, work(index)));
        }
    };
    let processors = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = processors.min(count).min(1 + bytes / BYTES_PER_THREAD);
    let mut done = thread::scope(|scope| {
        // The caller's thread is one of the workers, so work completes even if no other thread can be spawned.
        let others: Vec<_> = (1..threads)
            .map_while(|_| {
                let thread = thread::Builder::new().stack_size(THREAD_STACK_BYTES);
                thread.spawn_scoped(scope, run).ok()
            })
            .collect();
        let mut done = run();
        for other in others {
            match other.join() {
                Ok(more) => done.extend(more),
                Err(panic) => resume_unwind(panic),
            }
        }
        done
    });
    done.sort_unstable_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_of_a_size() {
        let found = |sizes: &[usize]| runs(sizes.iter().copied()).collect::<Vec<_>>();
        assert!(found(&[]).is_empty());
        assert_eq!(found(&[1, 2, 3, CHUNK_BYTES, 1]), [0..4, 4..5]);
        assert_eq!(found(&[CHUNK_BYTES, 1, CHUNK_BYTES, 1]), [0..1, 1..3, 3..4]);
    }

    #[test]
    fn results_are_in_order() {
        let squares = in_parallel(1000, usize::MAX, |index| index * index);
        assert!(
            squares
                .iter()
                .enumerate()
                .all(|(index, square)| *square == index * index)
        );
    }

    #[test]
    #[should_panic(expected = "of its own")]
    fn a_panic_goes_on() {
        in_parallel(100, usize::MAX, |index| assert!(index < 99, "a panic of its own"));
    }
}
