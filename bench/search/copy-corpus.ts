import type postgres from "postgres";
import { type Corpus, dimensions } from "./make-corpus.ts";

const rowsAtOnce = 500;

/** Copies a corpus into the table `bench_corpus`, by PostgreSQL's binary format. */
export async function copyCorpus(sql: postgres.Sql, corpus: Corpus): Promise<void> {
  await sql`
    create unlogged table bench_corpus (
      number integer, org integer, document integer, content text,
      embedding extensions.vector(1024)
    )`;
  const copy = await sql`copy bench_corpus from stdin with (format binary)`.writable();
  const send = (bytes: Uint8Array) =>
    new Promise<void>((done, failed) =>
      copy.write(bytes, (error: Error | null | undefined) => error ? failed(error) : done())
    );
  await send(openingBytes());
  for (let row = 0; row < corpus.size; row += rowsAtOnce) {
    await send(encodeRows(corpus, row, Math.min(row + rowsAtOnce, corpus.size)));
  }
  await new Promise<void>((done, failed) => {
    copy.once("error", failed);
    copy.once("finish", done);
    copy.end(new Uint8Array([0xff, 0xff]));
  });
}

/** Source: PostgreSQL 17 documentation, COPY, binary format; pgvector's vector_recv. */
function openingBytes(): Uint8Array {
  const signature = [0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00];
  return Uint8Array.from([...signature, ...Array(8).fill(0)]);
}

function encodeRows({ orgOf, documentOf, texts, vectors }: Corpus, from: number, to: number) {
  const encoder = new TextEncoder();
  const contents = texts.slice(from, to).map((text) => encoder.encode(text));
  const textSize = contents.reduce((sum, content) => sum + content.length, 0);
  const rowSize = 2 + 3 * 8 + 4 + 4 + 4 + 4 * dimensions;
  const bytes = new Uint8Array((to - from) * rowSize + textSize);
  const view = new DataView(bytes.buffer);
  let at = 0;
  const writeInteger = (value: number) => {
    view.setInt32(at, 4);
    view.setInt32(at + 4, value);
    at += 8;
  };
  for (let row = from; row < to; row++) {
    const content = contents[row - from]!;
    view.setInt16(at, 5);
    at += 2;
    for (const value of [row, orgOf[row]!, documentOf[row]!]) writeInteger(value);
    view.setInt32(at, content.length);
    bytes.set(content, at + 4);
    at += 4 + content.length;
    view.setInt32(at, 4 + 4 * dimensions);
    view.setInt16(at + 4, dimensions);
    at += 8;
    for (let index = 0; index < dimensions; index++, at += 4) {
      view.setFloat32(at, vectors[row * dimensions + index]!);
    }
  }
  return bytes;
}
