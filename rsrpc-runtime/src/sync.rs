//! Locks of the runtime.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locking that ignores poisoning.
///
/// Critical sections of the runtime are a few assignments and leave their data consistent at every point that can panic.
pub(crate) trait MutexExt<T: ?Sized> {
    /// Locks the mutex, also after a panic of another holder.
    fn lock_unpoisoned(&self) -> MutexGuard<'_, T>;
}

impl<T: ?Sized> MutexExt<T> for Mutex<T> {
    fn lock_unpoisoned(&self) -> MutexGuard<'_, T> {
        self.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
