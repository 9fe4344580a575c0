import { Buffer } from "node:buffer";

/** One part of a multipart body. */
export interface Part {
  /** Empty for the file of storage-js, which Deno's own parser therefore drops. */
  name: string;
  /** Null for a plain field. */
  filename: string | null;
  contentType: string;
  content: Uint8Array<ArrayBuffer>;
}

/** Reads a `multipart/form-data` body. Throws when it is not one. Source: RFC 7578, RFC 2046 §5.1. */
export function readMultipart(bytes: ArrayBuffer, contentType: string): Part[] {
  const boundary = /;\s*boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  if (!boundary) throw new Error("multipart without a boundary");
  // The first delimiter begins the body, so it has no line break of its own.
  const body = Buffer.concat([Buffer.from("\r\n"), Buffer.from(bytes)]);
  const [, ...sections] = split(body, `\r\n--${boundary[1] ?? boundary[2]}`);
  const end = sections.pop();
  if (end?.subarray(0, 2).toString() !== "--") throw new Error("multipart without an end");
  return sections.map(readPart);
}

function split(body: Buffer, delimiter: string): Buffer[] {
  const sections: Buffer[] = [];
  let start = 0;
  for (let end = body.indexOf(delimiter); end >= 0; end = body.indexOf(delimiter, start)) {
    sections.push(body.subarray(start, end));
    start = end + delimiter.length;
  }
  return [...sections, body.subarray(start)];
}

function readPart(part: Buffer): Part {
  const headEnd = part.indexOf("\r\n\r\n");
  if (headEnd < 0) throw new Error("multipart with a part without headers");
  const head = part.subarray(0, headEnd).toString("utf8");
  return {
    name: /\bname="([^"]*)"/i.exec(head)?.[1] ?? "",
    filename: /\bfilename="([^"]*)"/i.exec(head)?.[1] ?? null,
    contentType: /^content-type:\s*(.+)$/im.exec(head)?.[1]?.trim() ?? "",
    content: new Uint8Array(part.subarray(headEnd + 4)),
  };
}
