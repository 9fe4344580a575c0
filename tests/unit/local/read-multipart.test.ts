import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readMultipart } from "../../../local/gateway/read-multipart.ts";

const type = "multipart/form-data; boundary=x";

function bytesOf(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer;
}

describe("readMultipart", () => {
  test("reads what a browser writes, byte by byte", async () => {
    await fc.assert(fc.asyncProperty(
      fc.uint8Array({ maxLength: 200 }),
      fc.string({ maxLength: 20 }),
      async (content, field) => {
        const form = new FormData();
        form.append("cacheControl", field);
        form.append("file", new File([content], "a.md", { type: "text/markdown" }));
        const request = new Request("http://x", { method: "POST", body: form });

        const parts = readMultipart(
          await request.arrayBuffer(),
          request.headers.get("content-type")!,
        );

        // A form's line breaks are CR LF.
        const normalised = field.replace(/\r\n|\r|\n/g, "\r\n");
        expect(parts.map(({ name, filename }) => [name, filename]))
          .toEqual([["cacheControl", null], ["file", "a.md"]]);
        expect(new TextDecoder("utf-8", { ignoreBOM: true }).decode(parts[0]!.content))
          .toBe(normalised.toWellFormed());
        expect(parts[1]!.contentType).toBe("text/markdown");
        expect(parts[1]!.content).toEqual(content);
      },
    ));
  });

  test("keeps a part without a name, as storage-js has it, and a boundary within a line", () => {
    const body =
      '--x\r\ncontent-disposition: form-data; name=""; filename="b"\r\n\r\na --x b\n--x\r\n--x--';

    const [part] = readMultipart(bytesOf(body), type);

    expect(part).toMatchObject({ name: "", filename: "b", contentType: "" });
    expect(new TextDecoder().decode(part!.content)).toBe("a --x b\n--x");
  });

  test.each([
    ["multipart/form-data", "--x--"],
    [type, ""],
    [type, "x"],
    [type, "--x"],
    [type, "--x\r\n\r\n"],
    [type, "--x\r\nno headers\r\n--x--"],
  ])("refuses %s with the body %j", (type, body) => {
    expect(() => readMultipart(bytesOf(body), type)).toThrow("multipart");
  });

  test("never fails on other bytes but by saying that they are not multipart", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      try {
        readMultipart(new Uint8Array(bytes).buffer, type);
      } catch (error) {
        expect((error as Error).message).toMatch(/^multipart/);
      }
    }));
  });
});
