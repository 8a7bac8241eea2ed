//! A cache of method URIs, one per channel: the first call of a method builds its URI.

use std::sync::OnceLock;

use http::Uri;
use http::uri::PathAndQuery;

use crate::channel::Target;

/// Number of cache slots. On a slot collision the URI is rebuilt for every call.
const URI_CACHE_SLOTS: usize = 16;

/// The method URIs of one target.
#[derive(Default)]
pub(crate) struct UriCache([OnceLock<(&'static str, Uri)>; URI_CACHE_SLOTS]);

impl UriCache {
    /// Returns the URI of a method's path. The address of the path constant is the cache key.
    #[inline]
    pub(crate) fn uri(&self, path: &'static str, target: &Target) -> Uri {
        let address = path.as_ptr().addr();
        let slot = &self.0[(address ^ address >> 4 ^ address >> 8) % URI_CACHE_SLOTS];
        let (cached, uri) = slot.get_or_init(|| (path, target.uri(PathAndQuery::from_static(path))));
        if std::ptr::eq(*cached, path) {
            return uri.clone();
        }
        target.uri(PathAndQuery::from_static(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slot_collisions_return_the_right_uri() {
        let target = Target::parse("http://localhost:1").unwrap();
        let uris = UriCache::default();
        // More paths than slots, and substrings of each other: some share an address or a slot.
        let all = "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z";
        let starts = (0..all.len()).step_by(2);
        let paths = starts.flat_map(|start| [&all[start..], &all[start..start + 2]]);
        for path in paths.clone().chain(paths) {
            assert_eq!(
                uris.uri(path, &target),
                format!("http://localhost:1{path}").as_str()
            );
        }
    }
}
