import { describe, expect, test } from "vitest";
import { DocumentError } from "../../../shared/knowledge/document-error.ts";
import { extractText } from "../../../shared/knowledge/extract-text.ts";
import { PermanentError } from "../../../shared/permanent-error.ts";
import {
  docxParagraph,
  linesFromTop,
  makeDocx,
  makePdf,
  utf8,
  zipOf,
} from "../../support/documents.ts";

function utf16(text: string, isLittleEndian: boolean): Uint8Array {
  const view = new DataView(new ArrayBuffer(2 + 2 * text.length));
  view.setUint16(0, 0xfeff, isLittleEndian);
  for (let at = 0; at < text.length; at++) {
    view.setUint16(2 + 2 * at, text.charCodeAt(at), isLittleEndian);
  }
  return new Uint8Array(view.buffer);
}

const latin1 = (text: string) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

async function refusalOf(bytes: Uint8Array, mimeType = "text/plain"): Promise<DocumentError> {
  const error = await extractText(bytes, mimeType).then(() => undefined, (error) => error);
  if (error instanceof DocumentError) return error;
  throw new Error("not refused", { cause: error });
}

describe("extractText on text", () => {
  test.for([
    ["text/markdown", "markdown"],
    ["text/x-markdown", "markdown"],
    ["Text/Markdown; charset=UTF-8", "markdown"],
    ["text/plain", "text"],
    ["application/octet-stream", "text"],
    ["application/pdf", "text"],
    ["text/html", "text"],
    ["", "text"],
  ])("claimed as %j is read as %s", async ([mimeType, format]) => {
    expect(await extractText(utf8("# a"), mimeType!)).toEqual({ text: "# a", format });
  });

  test("is what the bytes say, line endings and all", async () => {
    const text = "\r\n# Tide — 潮 👩‍🚒\r\rone\n\ntwo \t\n";

    expect((await extractText(utf8(text), "text/markdown")).text).toBe(text);
  });

  test("loses a byte order mark, which names the encoding", async () => {
    const text = "Gezeiten ≈ 潮 👩‍🚒\n";

    const texts = [utf8(`\ufeff${text}`), utf16(text, true), utf16(text, false)]
      .map(async (bytes) => (await extractText(bytes, "text/plain")).text);

    expect(await Promise.all(texts)).toEqual([text, text, text]);
  });

  test("has the replacement character for a lone surrogate, and no offset moves", async () => {
    const { text } = await extractText(utf16("a\ud800b\udc00c😀", true), "text/plain");

    expect(text).toBe("a\ufffdb\ufffdc😀");
  });

  test.for([
    [
      "Western",
      latin1("Die K\xf6nigin geht \xfcber die Br\xfccke, und nichts h\xe4lt sie auf.\x85"),
      "Die Königin geht über die Brücke, und nichts hält sie auf.…",
    ],
    ["Western, three letters of it", latin1("a\xffb"), "aÿb"],
    [
      "Japanese",
      latin1(
        "\x8a\xbf\x8e\x9a\x82\xcc\x83\x65\x83\x58\x83\x67\x82\xc5\x82\xb7\x81\x42\x82\xb1\x82\xea\x82\xcd\x93\xfa\x96\x7b\x8c\xea",
      ),
      "漢字のテストです。これは日本語",
    ],
    [
      "Cyrillic",
      latin1(
        "\xca\xee\xf0\xee\xeb\xe5\xe2\xe0 \xe8\xe4\xb8\xf2 \xf7\xe5\xf0\xe5\xe7 \xec\xee\xf1\xf2, \xe8 \xed\xe8\xf7\xf2\xee \xe5\xb8 \xed\xe5 \xee\xf1\xf2\xe0\xed\xee\xe2\xe8\xf2",
      ),
      "Королева идёт через мост, и ничто её не остановит",
    ],
    [
      "Cyrillic of Unix, though Hebrew is likelier at first sight",
      latin1(
        "\xe4\xcf\xc7\xcf\xd7\xcf\xd2 \xc1\xd2\xc5\xce\xc4\xd9 \xd6\xc9\xcc\xcf\xc7\xcf \xd0\xcf\xcd\xc5\xdd\xc5\xce\xc9\xd1 \xda\xc1\xcb\xcc\xc0\xde\xa3\xce \xcd\xc5\xd6\xc4\xd5 \xd3\xd4\xcf\xd2\xcf\xce\xc1\xcd\xc9. \xe1\xd2\xc5\xce\xc4\xce\xc1\xd1 \xd0\xcc\xc1\xd4\xc1 \xd7\xce\xcf\xd3\xc9\xd4\xd3\xd1 \xc5\xd6\xc5\xcd\xc5\xd3\xd1\xde\xce\xcf.",
      ),
      "Договор аренды жилого помещения заключён между сторонами. Арендная плата вносится ежемесячно.",
    ],
    [
      "Czech, of which Western would leave control characters",
      latin1(
        "P\xf8\xedli\x9a \x9elu\x9dou\xe8k\xfd k\xf9\xf2 \xfap\xecl \xef\xe1belsk\xe9 \xf3dy.",
      ),
      "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    ],
    [
      "Japanese of old mail, all of whose bytes are ASCII",
      latin1("\x1b$B@$3&\x1b(B, a"),
      "世界, a",
    ],
  ])("in an old encoding is read by its letters: %s", async ([, bytes, text]) => {
    expect((await extractText(bytes as Uint8Array, "text/plain")).text).toBe(text);
  });

  test.each([
    ["cut off", utf8("解約の予告期間は三か月とします。").subarray(0, -1)],
    ["with a byte too many", new Uint8Array([...utf8("Größe – fünf, ".repeat(4)), 0xff])],
    ["behind its mark", new Uint8Array([...utf8(`\ufeff${"Größe – fünf, ".repeat(4)}`), 0xff])],
  ])("in UTF-8 that is damaged keeps its other letters: %s", async (_, bytes) => {
    expect((await extractText(bytes, "text/plain")).text).toMatch(/^(解約|Größe – fünf).*\ufffd$/);
  });

  test("with colours of a terminal is not taken for Japanese", async () => {
    const log = "\x1b[31mfailed\x1b[0m: größer";

    expect((await extractText(utf8(log), "text/plain")).text).toBe(log);
  });

  test("that begins like the name of a binary format is text", async () => {
    const { text } = await extractText(utf8("PK is a postcode area. %PDF- is not."), "text/plain");

    expect(text).toContain("postcode");
  });
});

describe("extractText by content", () => {
  const pdf = makePdf([linesFromTop("One passage.")]);
  const docx = makeDocx(docxParagraph("One passage."));
  const page = utf8("<!-- hi --><!DOCTYPE html><title>x</title><h1>One</h1><p>One passage.");

  test.for(["text/plain", "image/png", "application/pdf", "text/csv", ""])(
    "knows a PDF, a Word document and a page that are claimed to be %j",
    async (mimeType) => {
      const read = async (bytes: Uint8Array) => (await extractText(bytes, mimeType)).text.trim();

      expect(await read(pdf)).toBe("One passage.");
      expect(await read(docx)).toBe("One passage.");
      expect(await read(page)).toBe("# One\n\nOne passage.");
    },
  );

  test("follows the bytes of a shared buffer, wherever they begin in it", async () => {
    const buffer = new Uint8Array(docx.length + 20);
    buffer.set(docx, 10);

    const { text } = await extractText(buffer.subarray(10, 10 + docx.length), "text/plain");

    expect(text.trim()).toBe("One passage.");
  });

  test("knows a PDF behind what a server put before it", async () => {
    const bytes = latin1("Content-Type: application/pdf\r\n\r\n" + String.fromCharCode(...pdf));

    expect((await extractText(bytes, "application/pdf")).text.trim()).toBe("One passage.");
  });

  test("leaves the bytes as they were", async () => {
    const before = pdf.slice();

    await extractText(pdf, "application/pdf");

    expect(pdf).toEqual(before);
  });
});

describe("extractText refuses", () => {
  test.for([
    ["UTF-16 with half a unit at its end", utf16("ab", true).subarray(0, 5)],
    ["UTF-16 without a mark", utf16("ab", true).subarray(2)],
    ["a NUL in UTF-8", utf8("a\0b")],
    ["a NUL in UTF-16", utf16("a\0b", true)],
    ["UTF-8 with a mark and a mistake", latin1("\xef\xbb\xbfa\xffb")],
    ["bytes of every kind", Uint8Array.from({ length: 999 }, (_, at) => 1 + at * 7 % 255)],
  ])("%s, as no text", async ([, bytes]) => {
    expect((await refusalOf(bytes as Uint8Array)).code).toBe("DOCUMENT_NOT_TEXT");
  });

  test.for([
    ["a PNG", latin1("\x89PNG\r\n\x1a\n"), /a picture/],
    ["a JPEG", latin1("\xff\xd8\xff\xe0"), /a picture/],
    ["a GIF", utf8("GIF89a,"), /a picture/],
    ["RTF", utf8("{\\rtf1\\ansi hello}"), /RTF/],
    ["gzip", latin1("\x1f\x8b\x08\0"), /archive/],
    ["an old Word document", latin1("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), /old Office/],
    ["a workbook", zipOf({ "xl/workbook.xml": utf8("<x/>") }), /Excel/],
    ["slides", zipOf({ "ppt/presentation.xml": utf8("<x/>") }), /PowerPoint/],
    ["any other zip", zipOf({ "a.txt": utf8("a") }), /zip file/],
  ])("%s by what it is, whatever it is claimed to be", async ([, bytes, reason]) => {
    const { code, message } = await refusalOf(bytes as Uint8Array, "text/markdown");

    expect(code).toBe("DOCUMENT_TYPE_UNSUPPORTED");
    expect(message).toMatch(reason as RegExp);
    expect(message).toContain("upload PDF, DOCX, HTML, Markdown, CSV or plain text.");
  });

  test.for(["", " \r\n\t\u3000", "\ufeff", "\ufeff \n"])("%j, as empty", async (text) => {
    expect((await refusalOf(utf8(text))).code).toBe("DOCUMENT_EMPTY");
  });

  test.for([
    ["text/html", "<!doctype html><title>An app</title><script>start()</script><div></div>"],
    ["text/csv", "\n,,\n,,\n"],
  ])("%s without words, as empty", async ([mimeType, text]) => {
    expect((await refusalOf(utf8(text!), mimeType!)).code).toBe("DOCUMENT_EMPTY");
  });

  test("more than 10 MB", async () => {
    const most = new Uint8Array(10 * 1024 * 1024).fill(0x61);
    const more = new Uint8Array(most.length + 1).fill(0x61);

    expect((await extractText(most, "text/plain")).text).toHaveLength(most.length);
    expect((await refusalOf(more)).code).toBe("DOCUMENT_TOO_LARGE");
  });

  test("in one sentence for a person, for good", async () => {
    const error = await refusalOf(utf8("%PDF-1.7\n1 0 obj"));

    expect(error).toBeInstanceOf(PermanentError);
    expect(error).toMatchObject({
      name: "DocumentError",
      code: "DOCUMENT_CORRUPT",
      message: "The PDF is damaged or incomplete; open it, save it again and upload the new file.",
      cause: expect.any(Error),
    });
  });
});
