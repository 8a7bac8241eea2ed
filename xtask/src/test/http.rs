//! A minimal HTTP/1.1 client that sends exactly the bytes of a case. A real client would repair, retry or refuse some
//! of them.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use crate::Outcome;

/// Time limit of a response, including hostile cases.
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection reused for several requests.
pub(super) struct Connection {
    reader: BufReader<TcpStream>,
}

pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    pub(super) path: &'a str,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: &'a [u8],
}

pub(super) struct Response {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Response {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }
}

impl Connection {
    pub(super) fn open(addr: &str) -> Outcome<Self> {
        let stream = TcpStream::connect(addr)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            reader: BufReader::new(stream),
        })
    }

    pub(super) fn send(&mut self, addr: &str, request: &Request<'_>) -> Outcome<Response> {
        let mut head = format!("{} {} HTTP/1.1\r\nhost: {addr}\r\n", request.method, request.path);
        for (name, value) in &request.headers {
            head += &format!("{name}: {value}\r\n");
        }
        if !matches!(request.method, "GET" | "HEAD") {
            head += &format!("content-length: {}\r\n", request.body.len());
        }
        head += "\r\n";
        let stream = self.reader.get_mut();
        stream.write_all(head.as_bytes())?;
        // A server may refuse a body before reading it and stop reading. The response decides.
        let sent = stream.write_all(request.body);
        match (self.response(), sent) {
            (Ok(response), _) => Ok(response),
            (Err(error), Ok(())) => Err(error),
            (Err(error), Err(sent)) => Err(format!("{error}, and sending failed: {sent}").into()),
        }
    }

    fn response(&mut self) -> Outcome<Response> {
        let status_line = self.line()?;
        let status = status_line
            .strip_prefix("HTTP/1.1 ")
            .and_then(|rest| rest.get(..3)?.parse().ok());
        let status = status.ok_or_else(|| format!("no HTTP/1.1 status line: {status_line:?}"))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            match line.split_once(':') {
                Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
                None if line.is_empty() => break,
                None => return Err(format!("no header: {line:?}").into()),
            }
        }
        let mut response = Response {
            status,
            headers,
            body: Vec::new(),
        };
        response.body = self.body(&response)?;
        Ok(response)
    }

    fn body(&mut self, response: &Response) -> Outcome<Vec<u8>> {
        let mut body = Vec::new();
        if matches!(response.status, 204 | 304) {
            return Ok(body);
        }
        if response
            .header("transfer-encoding")
            .is_some_and(|value| value.eq_ignore_ascii_case("chunked"))
        {
            loop {
                let size = self.line()?;
                let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16)?;
                body.extend(self.bytes(size)?);
                self.line()?; // the end of the chunk; after the last one, of the trailers, which nobody sends
                if size == 0 {
                    return Ok(body);
                }
            }
        }
        match response.header("content-length") {
            Some(length) => self.bytes(length.parse()?),
            None => {
                self.reader.read_to_end(&mut body)?;
                Ok(body)
            }
        }
    }

    fn line(&mut self) -> Outcome<String> {
        let mut line = String::new();
        if self.reader.read_line(&mut line)? == 0 {
            return Err("the server closed the connection".into());
        }
        line.truncate(line.trim_end_matches(['\r', '\n']).len());
        Ok(line)
    }

    fn bytes(&mut self, count: usize) -> Outcome<Vec<u8>> {
        let mut bytes = vec![0; count];
        self.reader.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;

    /// A server that sends these responses on one connection, each after a request with `body` bytes, or with `hasty`
    /// after its head.
    fn exchange(answers: &'static [&'static str], body: usize, hasty: bool) -> Vec<Outcome<Response>> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let addr = listener.local_addr().unwrap().to_string();
        let server = thread::spawn(move || {
            let mut reader = BufReader::new(listener.accept().unwrap().0);
            for answer in answers {
                let mut line = String::new();
                while reader.read_line(&mut line).unwrap() > 2 {
                    line.clear();
                }
                if !hasty {
                    reader.read_exact(&mut vec![0; body]).unwrap();
                }
                reader.get_mut().write_all(answer.as_bytes()).unwrap();
            }
            if hasty {
                let _ = reader.read_to_end(&mut Vec::new()); // until the client is done
            }
        });
        let mut connection = Connection::open(&addr).unwrap();
        let body = vec![b'x'; body];
        let request = || Request {
            method: "POST",
            path: "/",
            headers: Vec::new(),
            body: &body,
        };
        let responses = answers
            .iter()
            .map(|_| connection.send(&addr, &request()))
            .collect();
        drop(connection);
        server.join().unwrap();
        responses
    }

    #[test]
    fn responses_are_delimited_on_a_kept_connection() {
        let answers = exchange(
            &[
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc",
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1;x=y\r\nc\r\n0\r\n\r\n",
                "HTTP/1.1 204 No Content\r\n\r\n",
                "HTTP/1.1 200 OK\r\n\r\nuntil the end",
            ],
            5,
            false,
        );
        let bodies: Vec<_> = answers
            .into_iter()
            .map(|answer| String::from_utf8(answer.unwrap().body).unwrap())
            .collect();
        assert_eq!(bodies, ["abc", "abc", "", "until the end"]);
    }

    #[test]
    fn early_refusal_is_a_response() {
        let answers = exchange(
            &["HTTP/1.1 413 Too Big\r\ncontent-length: 1\r\n\r\nx"],
            1_000_000,
            true,
        );
        assert_eq!(answers.into_iter().next().unwrap().unwrap().status, 413);
    }

    #[test]
    fn truncated_response_is_an_error() {
        let answers = exchange(&["HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nabc"], 0, false);
        assert!(answers.into_iter().all(|answer| answer.is_err()));
    }
}
