//! Messages of a service without its client and server.

rsrpc_runtime::include_proto!("library.v1");

#[cfg(test)]
mod tests {
    use rsrpc_runtime::prost::Message as _;
    use rsrpc_runtime::{JsonContext, Status, json};

    use super::{Book, GetBookRequest, LibraryMethods};

    #[test]
    fn messages_have_protobuf_and_json() {
        let text = r#"{"isbn":"978-0","authors":["Ada"],"published":"2026-01-01T00:00:00Z"}"#;
        let book: Book = json::from_str(text, &JsonContext::default()).unwrap();
        assert_eq!(Book::decode(book.encode_to_vec().as_slice()).unwrap(), book);
        assert_eq!(json::to_string(&book, &JsonContext::default()).unwrap(), text);
    }

    #[test]
    fn method_descriptors_and_statuses_need_no_runtime() {
        let method = LibraryMethods::GET_BOOK.descriptor();
        assert_eq!(method.path(), "/library.v1.Library/GetBook");
        let request = GetBookRequest { isbn: String::new() };
        assert_eq!(request.encoded_len(), 0);
        assert_eq!(Status::not_found("book").to_string(), "NOT_FOUND: book");
    }
}
