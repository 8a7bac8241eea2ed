//! Keeps messages out of the stack frames of a recursion.
//!
//! Messages may nest 127 deep and be kilobytes large: if each level had one in its frame, a small request could
//! overflow the stack of a thread. So values are read where they stay, and what has to move one does so in a frame
//! that is gone before the next level begins.

/// Values of this size may lie in a frame.
const MAX_INLINE_BYTES: usize = 64;

pub(super) const fn fits_in_frame<T>() -> bool {
    size_of::<T>() <= MAX_INLINE_BYTES
}

/// Calls `f`, which moves a `T`.
pub(super) fn in_separate_frame<T, R>(f: impl FnOnce() -> R) -> R {
    if fits_in_frame::<T>() {
        f()
    } else {
        call_in_own_frame(f)
    }
}

#[inline(never)]
fn call_in_own_frame<R>(f: impl FnOnce() -> R) -> R {
    f()
}

pub(super) fn boxed_default<T: Default>() -> Box<T> {
    in_separate_frame::<T, _>(Box::default)
}

/// Sets the slot to a default that is then read into.
pub(super) fn insert_default<T: Default>(slot: &mut Option<T>) -> &mut T {
    in_separate_frame::<T, _>(|| slot.insert(T::default()))
}

/// Adds a default that is then read into.
pub(super) fn push_default<T: Default>(values: &mut Vec<T>) -> &mut T {
    in_separate_frame::<T, _>(|| values.push(T::default()));
    values.last_mut().expect("a value was pushed")
}
