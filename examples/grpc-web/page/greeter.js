// Calls helloworld.Greeter by gRPC-Web, with nothing but fetch().

/** A call that did not end well: the code and the message of its status. */
class RpcError extends Error {
  constructor(code, message) {
    super(message);
    this.code = code;
  }
}

// The two messages. Each has one string, in field 1: a tag, a length, UTF-8.

const TAG = (1 << 3) | 2;

function encodeString(text) {
  const bytes = new TextEncoder().encode(text);
  const head = [TAG];
  let length = bytes.length;
  for (; length > 127; length >>>= 7) {
    head.push((length & 127) | 128);
  }
  return Uint8Array.of(...head, length, ...bytes);
}

function decodeString(bytes) {
  if (bytes.length === 0) {
    return ""; // a default is not sent
  }
  if (bytes[0] !== TAG) {
    throw new RpcError(13, `the reply begins with ${bytes[0]}`);
  }
  let at = 1;
  while (bytes[at] > 127) {
    at += 1;
  }
  return new TextDecoder().decode(bytes.subarray(at + 1));
}

// The protocol: each message behind a flag and its length; the trailers last, marked in the flag.

const TRAILERS = 128;

function envelope(bytes) {
  const whole = new Uint8Array(5 + bytes.length);
  new DataView(whole.buffer).setUint32(1, bytes.length);
  whole.set(bytes, 5);
  return whole;
}

/** What is in the envelopes of a body, as it comes: the flag and the bytes of each. */
async function* envelopes(body) {
  let held = new Uint8Array();
  for (const reader = body.getReader(); ; ) {
    const { value, done } = await reader.read();
    if (done) {
      break;
    }
    const joined = new Uint8Array(held.length + value.length);
    joined.set(held);
    joined.set(value, held.length);
    held = joined;
    while (held.length >= 5) {
      const end = 5 + new DataView(held.buffer, held.byteOffset).getUint32(1);
      if (held.length < end) {
        break;
      }
      yield [held[0], held.subarray(5, end)];
      held = held.subarray(end);
    }
  }
  if (held.length > 0) {
    throw new RpcError(13, "the response was cut off");
  }
}

function headersOf(block) {
  const headers = new Headers();
  for (const line of new TextDecoder().decode(block).split("\r\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) {
      headers.append(line.slice(0, colon), line.slice(colon + 1).trim());
    }
  }
  return headers;
}

function check(headers) {
  const code = Number(headers.get("grpc-status") ?? 2);
  if (code !== 0) {
    throw new RpcError(code, decodeURIComponent(headers.get("grpc-message") ?? ""));
  }
}

/** The replies of a call, one after the other. */
async function* call(method, request, form = "") {
  const type = `application/grpc-web${form}+proto`;
  const body = envelope(encodeString(request));
  const response = await fetch(document.body.dataset.api + method, {
    method: "POST",
    headers: { "content-type": type, accept: type, "x-grpc-web": "1", "grpc-timeout": "10S" },
    body: form ? btoa(String.fromCharCode(...body)) : body,
  });
  if (!response.ok) {
    throw new RpcError(2, `HTTP ${response.status}`);
  }
  let trailers = response.headers; // Trailers-Only
  const stream = form ? fromBase64(response.body) : response.body;
  for await (const [flag, bytes] of envelopes(stream)) {
    if (flag & TRAILERS) {
      trailers = headersOf(bytes);
    } else {
      yield decodeString(bytes);
    }
  }
  check(trailers);
}

/** The text form: pieces of base64, each with padding of its own. */
function fromBase64(body) {
  let held = "";
  const decoded = new TransformStream({
    transform(text, output) {
      held += text;
      const whole = held.length - (held.length % 4);
      for (const [piece] of held.slice(0, whole).matchAll(/[^=]*(={1,2}|[^=]$)/g)) {
        output.enqueue(Uint8Array.from(atob(piece), (character) => character.charCodeAt(0)));
      }
      held = held.slice(whole);
    },
  });
  return body.pipeThrough(new TextDecoderStream()).pipeThrough(decoded);
}

// The page.

const log = document.querySelector("#log");

function show(line) {
  log.append(`${line}\n`);
}

async function greet(name) {
  log.replaceChildren();
  for (const form of ["", "-text"]) {
    for await (const message of call("/helloworld.Greeter/SayHello", name, form)) {
      show(`unary${form}: ${message}`);
    }
    let count = 0;
    for await (const message of call("/helloworld.Greeter/StreamHello", name, form)) {
      count += 1;
      show(`stream${form} ${count}: ${message}`);
    }
  }
  try {
    for await (const message of call("/helloworld.Greeter/Shout", name)) {
      show(`unexpected: ${message}`);
    }
  } catch (error) {
    show(`error ${error.code}: ${error.message}`);
  }
  show("done");
}

function run() {
  const name = document.querySelector("input").value;
  return greet(name).catch((error) => show(`failed: ${error}`));
}

document.querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
await run();
if (location.search === "?report") {
  await fetch("/log", { method: "POST", body: log.textContent });
}
