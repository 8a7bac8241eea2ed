//! Keeps messages out of the stack frames of a recursion.
//!
//! Messages may nest 127 deep and be kilobytes large: if each level had one in its frame, a small request could
//! overflow the stack of a thread. So values are read where they stay, and what has to move one does so in a frame
//! that is gone before the next level begins.

/// Values of this size may lie in a frame.
const SMALL: usize = 64;

pub(super) const fn is_small<T>() -> bool {
    size_of::<T>() <= SMALL
}

/// Calls `f`, which moves a `T`.
pub(super) fn apart<T, R>(f: impl FnOnce() -> R) -> R {
    if is_small::<T>() { f() } else { in_own_frame(f) }
}

#[inline(never)]
fn in_own_frame<R>(f: impl FnOnce() -> R) -> R {
    f()
}

pub(super) fn boxed<T: Default>() -> Box<T> {
    apart::<T, _>(Box::default)
}

/// Sets the slot to a default that is then read into.
pub(super) fn fill<T: Default>(slot: &mut Option<T>) -> &mut T {
    apart::<T, _>(|| slot.insert(T::default()))
}

/// Adds a default that is then read into.
pub(super) fn push<T: Default>(values: &mut Vec<T>) -> &mut T {
    apart::<T, _>(|| values.push(T::default()));
    values.last_mut().expect("a value was pushed")
}
