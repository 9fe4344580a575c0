import { describe, expect, test } from "vitest";
import { DocumentError } from "../../../shared/knowledge/document-error.ts";
import { extractText } from "../../../shared/knowledge/extract-text.ts";
import { PermanentError } from "../../../shared/permanent-error.ts";

const utf8 = (text: string) => new TextEncoder().encode(text);

function utf16(text: string, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 + 2 * text.length));
  view.setUint16(0, 0xfeff, isLittleEndian);
  for (let at = 0; at < text.length; at++) {
    view.setUint16(2 + 2 * at, text.charCodeAt(at), isLittleEndian);
  }
  return new Uint8Array(view.buffer);
}

function codeOf(bytes: Uint8Array, mimeType = "text/plain"): string | undefined {
  try {
    extractText(bytes, mimeType);
  } catch (error) {
    if (error instanceof DocumentError) return error.code;
    throw error;
  }
}

describe("extractText", () => {
  test("the MIME type decides the format, whatever its case and parameters", () => {
    const formats = [
      "text/markdown",
      "text/x-markdown",
      "Text/Markdown; charset=UTF-8",
      "text/plain",
      " text/plain;charset=utf-8",
    ].map((mimeType) => extractText(utf8("# a"), mimeType).format);

    expect(formats).toEqual(["markdown", "markdown", "markdown", "text", "text"]);
  });

  test("the text is what the bytes say, line endings and all", () => {
    const text = "\r\n# Tide — 潮 👩‍🚒\r\rone\n\ntwo \t\n";

    expect(extractText(utf8(text), "text/markdown").text).toBe(text);
  });

  test("a byte order mark is dropped and names the encoding", () => {
    const text = "Gezeiten ≈ 潮 👩‍🚒\n";

    const texts = [utf8(`\ufeff${text}`), utf16(text, true), utf16(text, false)]
      .map((bytes) => extractText(bytes, "text/plain").text);

    expect(texts).toEqual([text, text, text]);
  });

  test("a lone surrogate becomes the replacement character and moves no offset", () => {
    const { text } = extractText(utf16("a\ud800b\udc00c😀", true), "text/plain");

    expect(text).toBe("a\ufffdb\ufffdc😀");
  });

  test.for([
    ["a byte that UTF-8 does not allow", Uint8Array.of(0x61, 0xff, 0x62)],
    ["UTF-8 that stops inside a character", Uint8Array.of(0x61, 0xe6, 0xbd)],
    ["a surrogate encoded as UTF-8", Uint8Array.of(0xed, 0xa0, 0x80)],
    ["Latin-1", Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20)],
    ["UTF-16 with half a unit at its end", utf16("ab", true).subarray(0, 5)],
    ["UTF-16 without a mark", utf16("ab", true).subarray(2)],
    ["a NUL in UTF-8", utf8("a\0b")],
    ["a NUL in UTF-16", utf16("a\0b", true)],
    ["a PDF", utf8("%PDF-1.7\n1 0 obj")],
    ["a zip file, as DOCX is", Uint8Array.of(0x50, 0x4b, 3, 4, 0x14)],
    ["a PNG", Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
    ["a JPEG", Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ["a GIF", utf8("GIF89a,")],
    ["RTF", utf8("{\\rtf1\\ansi hello}")],
    ["gzip", Uint8Array.of(0x1f, 0x8b, 8, 0)],
  ])("%s is not text", ([, bytes]) => {
    expect(codeOf(bytes as Uint8Array)).toBe("DOCUMENT_NOT_TEXT");
  });

  test("a text that begins like the name of a binary format is text", () => {
    expect(extractText(utf8("PK is a postcode area. %PDF- is not."), "text/plain").text)
      .toContain("postcode");
  });

  test.for(["", " \r\n\t\u3000", "\ufeff", "\ufeff \n"])("%j is empty", (text) => {
    expect(codeOf(utf8(text))).toBe("DOCUMENT_EMPTY");
  });

  test.for(["application/pdf", "image/png", "text/html", "text", "", "text/plainer"])(
    "%j is an unsupported type",
    (mimeType) => {
      expect(codeOf(utf8("text"), mimeType)).toBe("DOCUMENT_TYPE_UNSUPPORTED");
    },
  );

  test("10 MB is the most it reads", () => {
    const most = new Uint8Array(10 * 1024 * 1024).fill(0x61);
    const more = new Uint8Array(most.length + 1).fill(0x61);

    expect(codeOf(most)).toBeUndefined();
    expect(codeOf(more)).toBe("DOCUMENT_TOO_LARGE");
  });

  test("what it throws is permanent, says so to a person in one sentence, keeps its cause", () => {
    const error = (() => {
      try {
        extractText(Uint8Array.of(0x61, 0xff), "text/plain");
      } catch (error) {
        return error;
      }
    })();

    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({
      name: "DocumentError",
      message: "The document is not valid UTF-8 text; save it as UTF-8 and upload it again.",
      cause: expect.any(TypeError),
    });
  });
});
