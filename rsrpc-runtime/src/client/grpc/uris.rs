//! The URIs of methods: made by a channel's first call of each, instead of by every call.

use std::sync::OnceLock;

use http::Uri;
use http::uri::PathAndQuery;

use crate::channel::Target;

/// Methods that two calls of do not make a URI for; what finds its place taken is made each time.
const KEPT: usize = 16;

/// A target's URIs.
#[derive(Default)]
pub(crate) struct Uris([OnceLock<(&'static str, Uri)>; KEPT]);

impl Uris {
    /// The URI of a method's path, which is one of its constants: it is known by its address.
    #[inline]
    pub(crate) fn of(&self, path: &'static str, target: &Target) -> Uri {
        let place = path.as_ptr().addr();
        let kept = &self.0[(place ^ place >> 4 ^ place >> 8) % KEPT];
        let (known, uri) = kept.get_or_init(|| (path, target.uri(PathAndQuery::from_static(path))));
        if std::ptr::eq(*known, path) {
            return uri.clone();
        }
        target.uri(PathAndQuery::from_static(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_has_its_own() {
        let target = Target::parse("http://localhost:1").unwrap();
        let uris = Uris::default();
        // More than are kept, and parts of one another: they share addresses, or places.
        let all = "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v/w/x/y/z";
        let starts = (0..all.len()).step_by(2);
        let paths = starts.flat_map(|start| [&all[start..], &all[start..start + 2]]);
        for path in paths.clone().chain(paths) {
            assert_eq!(
                uris.of(path, &target),
                format!("http://localhost:1{path}").as_str()
            );
        }
    }
}
