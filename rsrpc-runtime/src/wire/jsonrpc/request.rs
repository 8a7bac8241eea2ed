//! Messages from clients: one request object, or a batch of them ([JSON-RPC 2.0 §4 and
//! §6](https://www.jsonrpc.org/specification#request_object)).

use std::borrow::Cow;

use super::error::ProtocolError;
use super::id::Id;
use super::json_scanner::{JsonScanner, JsonSyntaxError, RawString};

/// A message, parsed without knowledge of any method.
#[derive(Debug, PartialEq)]
pub(crate) enum IncomingMessage<'a> {
    /// A single object, or an invalid value in its place.
    One(BatchEntry<'a>),
    /// An array with at least one entry.
    Batch(Vec<BatchEntry<'a>>),
    /// An invalid message. The reply is one error object, regardless of the content.
    Refused(ProtocolError),
}

/// One element of a batch, or the single message.
#[derive(Debug, PartialEq)]
pub(crate) enum BatchEntry<'a> {
    /// A call or a notification.
    Request(Request<'a>),
    /// An invalid request, with its id if it is readable.
    Invalid(Id<'a>),
    /// A response that was not requested here. Over HTTP it is treated like [`Invalid`](Self::Invalid). Between peers
    /// that both make calls, a reply to it could start an endless exchange.
    Response(Id<'a>),
}

/// A valid request object.
#[derive(Debug, PartialEq)]
pub(crate) struct Request<'a> {
    /// The method name with escapes resolved.
    pub(crate) method: Cow<'a, str>,
    /// An array or an object. `None` if the member is missing or null.
    pub(crate) params: Option<&'a str>,
    /// The id of a call. `None` for a notification (§4.1).
    pub(crate) id: Option<Id<'a>>,
    /// The unparsed `meta` member, this project's extension for metadata.
    pub(crate) meta: Option<&'a str>,
}

impl<'a> IncomingMessage<'a> {
    /// Parses a text. The whole text is validated first, so invalid JSON gets a single reply even if it starts with
    /// valid requests.
    pub(crate) fn parse(text: &'a [u8], max_batch: usize) -> Self {
        let Ok(text) = std::str::from_utf8(text) else {
            return Self::Refused(ProtocolError::ParseError);
        };
        let mut scanner = JsonScanner::new(text);
        let parsed = Self::read(&mut scanner, max_batch)
            .and_then(|message| scanner.end().map(|()| message))
            .unwrap_or(Self::Refused(ProtocolError::ParseError));
        match parsed {
            Self::Batch(entries) if entries.is_empty() => Self::Refused(ProtocolError::InvalidRequest),
            Self::Batch(entries) if entries.len() > max_batch => Self::Refused(ProtocolError::BatchTooLarge),
            parsed => parsed,
        }
    }

    fn read(scanner: &mut JsonScanner<'a>, max_batch: usize) -> Result<Self, JsonSyntaxError> {
        if scanner.peek() != Some(b'[') {
            return BatchEntry::read(scanner, 0).map(Self::One);
        }
        let mut entries = Vec::new();
        scanner.array(|scanner| {
            // One entry over the limit is enough to detect the excess. Further entries are only validated.
            if entries.len() > max_batch {
                return scanner.value(1).map(drop);
            }
            entries.push(BatchEntry::read(scanner, 1)?);
            Ok(())
        })?;
        Ok(Self::Batch(entries))
    }
}

impl<'a> BatchEntry<'a> {
    fn read(scanner: &mut JsonScanner<'a>, around: u32) -> Result<Self, JsonSyntaxError> {
        if scanner.peek() != Some(b'{') {
            scanner.value(around)?;
            return Ok(Self::Invalid(Id::NULL));
        }
        let mut members = RequestMembers::default();
        scanner.object(around, |key, value| members.add(key, value))?;
        Ok(members.into_entry())
    }
}

/// The members of a request object that have a meaning.
#[derive(Default)]
struct RequestMembers<'a> {
    version: MemberValue<'a>,
    method: MemberValue<'a>,
    params: MemberValue<'a>,
    id: MemberValue<'a>,
    meta: MemberValue<'a>,
    has_outcome: bool,
}

#[derive(Default, Clone, Copy)]
enum MemberValue<'a> {
    #[default]
    Absent,
    Once(&'a str),
    Repeated,
}

impl<'a> MemberValue<'a> {
    fn add(&mut self, value: &'a str) {
        *self = match self {
            Self::Absent => Self::Once(value),
            Self::Once(_) | Self::Repeated => Self::Repeated,
        }
    }

    fn string(self) -> Option<RawString<'a>> {
        match self {
            Self::Once(value) => RawString::of_value(value),
            Self::Absent | Self::Repeated => None,
        }
    }
}

impl<'a> RequestMembers<'a> {
    fn add(&mut self, key: RawString<'a>, value: &'a str) {
        let key = key.text();
        match &*key {
            "jsonrpc" => self.version.add(value),
            "method" => self.method.add(value),
            "params" => self.params.add(value),
            "id" => self.id.add(value),
            "meta" => self.meta.add(value),
            "result" | "error" => self.has_outcome = true,
            _ => {}
        }
    }

    fn into_entry(self) -> BatchEntry<'a> {
        // An unreadable id differs from a missing id: a request without an id gets no reply.
        let id = match self.id {
            MemberValue::Absent => Some(None),
            MemberValue::Once(value) => Id::of_value(value).map(Some),
            MemberValue::Repeated => None,
        };
        let echo = id.flatten().unwrap_or(Id::NULL);
        if self.has_outcome && matches!(self.method, MemberValue::Absent) {
            return BatchEntry::Response(echo);
        }
        let is_version_2 = self.version.string().is_some_and(|version| version.is("2.0"));
        let params = match self.params {
            MemberValue::Absent | MemberValue::Once("null") => Some(None),
            MemberValue::Once(value) if value.starts_with(['[', '{']) => Some(Some(value)),
            MemberValue::Once(_) | MemberValue::Repeated => None,
        };
        match (self.method.string(), params, id) {
            (Some(method), Some(params), Some(id)) if is_version_2 => BatchEntry::Request(Request {
                method: method.text(),
                params,
                id,
                meta: match self.meta {
                    MemberValue::Once(value) => Some(value),
                    MemberValue::Absent | MemberValue::Repeated => None,
                },
            }),
            _ => BatchEntry::Invalid(echo),
        }
    }
}

#[cfg(test)]
mod tests;
