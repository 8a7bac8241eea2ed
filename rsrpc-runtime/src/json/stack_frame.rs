//! Keeps large messages out of the stack frames of recursive reading.
//!
//! Messages may be nested 127 levels deep and be kilobytes large. With a message in each frame, a small request could
//! overflow a thread's stack. So values are read in place, and code that moves a value runs in a separate frame that is
//! popped before the next level.

/// Maximum size in bytes of a value in a recursive frame.
const MAX_INLINE_BYTES: usize = 64;

pub(super) const fn fits_in_frame<T>() -> bool {
    size_of::<T>() <= MAX_INLINE_BYTES
}

/// Calls `f`, which moves a `T`, in a separate stack frame if `T` is large.
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

/// Sets the option to a default value, which is then read into.
pub(super) fn insert_default<T: Default>(slot: &mut Option<T>) -> &mut T {
    in_separate_frame::<T, _>(|| slot.insert(T::default()))
}

/// Appends a default value, which is then read into.
pub(super) fn push_default<T: Default>(values: &mut Vec<T>) -> &mut T {
    in_separate_frame::<T, _>(|| values.push(T::default()));
    values.last_mut().expect("a value was pushed")
}
