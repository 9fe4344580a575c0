import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { extractText } from "../../../../shared/knowledge/extract-text.ts";
import { docxParagraph, docxTable, makeDocx, utf8, zipOf } from "../../../support/documents.ts";

const read = async (body: string) => (await extractText(makeDocx(body), "")).text;
const refusal = (bytes: Uint8Array) =>
  extractText(bytes, "").then(() => undefined, (error) => error);

describe("a Word document", () => {
  test("keeps its headings, paragraphs and tables", async () => {
    const text = await read(
      docxParagraph("Handbook", 1) + docxParagraph("A * b, snake_case & <i>.") +
        docxParagraph("Days", 2) + docxTable([["Grade", "Days"], ["Senior | lead", "30"]]) +
        docxParagraph("# 1 seller"),
    );

    expect(text).toBe(
      "# Handbook\n\nA * b, snake_case & <i>.\n\n## Days\n\n" +
        "| Grade | Days |\n| --- | --- |\n| Senior \\| lead | 30 |\n\n\\# 1 seller",
    );
  });

  test("keeps words of different looks together, and paragraphs of a cell apart", async () => {
    const run = (text: string, looks: string) =>
      `<w:r w:rsidR="00A1"><w:rPr>${looks}</w:rPr><w:t>${text}</w:t></w:r>`;
    const cell = `<w:tc>${docxParagraph("one")}${docxParagraph("two")}</w:tc>`;
    const text = await read(
      `<w:p>${run("hand", "<w:b/>")}${run("book", "<w:i/>")}</w:p>` +
        `<w:tbl><w:tr>${cell}${cell}</w:tr><w:tr>${cell}${cell}</w:tr></w:tbl>`,
    );

    expect(text).toBe("handbook\n\n| one two | one two |\n| --- | --- |\n| one two | one two |");
  });

  test("keeps what its fields show, and words that run the other way", async () => {
    const run = (text: string) => `<w:r><w:t xml:space="preserve">${text}</w:t></w:r>`;
    const text = await read(
      `<w:p>${run("Dear ")}<w:fldSimple w:instr=" MERGEFIELD Name ">${run("Ada Smith")}` +
        `</w:fldSimple>${run(", ")}<w:bdo w:val="rtl">${run("one")}</w:bdo>` +
        `<w:dir w:val="rtl">${run(" two")}</w:dir></w:p>`,
    );

    expect(text).toBe("Dear Ada Smith, one two");
  });

  test("keeps its equations", async () => {
    const run = (text: string) => `<m:r><m:rPr><m:sty m:val="p"/></m:rPr><m:t>${text}</m:t></m:r>`;
    const text = await read(
      `<w:p><w:r><w:t xml:space="preserve">Speed is </w:t></w:r><m:oMath ` +
        `xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math">` +
        `<m:f><m:fPr><m:ctrlPr/></m:fPr><m:num>${run("d")}</m:num><m:den><m:sSup><m:e>` +
        `${run("t")}</m:e><m:sup>${run("2")}</m:sup></m:sSup></m:den></m:f></m:oMath></w:p>`,
    );

    expect(text).toBe("Speed is d/t^2");
  });

  test.for([["once", "<mc:Fallback><w:pict>BOX</w:pict></mc:Fallback>"], ["also without", ""]])(
    "keeps its text boxes, %s a form for old programs",
    async ([, fallback]) => {
      const box = `<w:txbxContent>${docxParagraph("In a box.")}</w:txbxContent>`;
      const text = await read(
        `<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r>` +
          `<w:t>Beside.</w:t></w:r><w:r><mc:AlternateContent><mc:Choice Requires="wps">` +
          `<w:drawing>${box}</w:drawing></mc:Choice>${fallback!.replace("BOX", box)}` +
          `</mc:AlternateContent></w:r></w:p>`,
      );

      expect(text).toBe("Beside.\n\nIn a box.");
    },
  );

  test("is read where its document has another number, as Word on the web gives it", async () => {
    const files = unzipSync(makeDocx(docxParagraph("One passage.")));
    const renamed = Object.entries(files).map(([name, bytes]) => [
      name.replace("document.xml", "document2.xml"),
      utf8(new TextDecoder().decode(bytes).replaceAll("word/document.xml", "word/document2.xml")),
    ]);

    expect((await extractText(zipOf(Object.fromEntries(renamed)), "")).text).toBe("One passage.");
  });

  test("that unpacks to gigabytes is refused before it does", async () => {
    const bytes = makeDocx(docxParagraph("a".repeat(200 * 1024 * 1024)));

    expect(bytes.length).toBeLessThan(1024 * 1024);
    expect(await refusal(bytes)).toMatchObject({ code: "DOCUMENT_TOO_LARGE" });
  });

  test("is read whatever the pictures in it unpack to", async () => {
    const bytes = makeDocx(docxParagraph("text"), {
      "word/media/image1.png": new Uint8Array(50 * 1024 * 1024),
    });

    expect((await extractText(bytes, "")).text).toBe("text");
  });

  test("of a million elements is refused", async () => {
    expect(await refusal(makeDocx("<w:p></w:p>".repeat(200_000))))
      .toMatchObject({ code: "DOCUMENT_TOO_LARGE" });
  });

  test.for([
    ["whose XML is broken", makeDocx("<w:p"), "DOCUMENT_CORRUPT"],
    [
      "whose XML is of another kind",
      zipOf({ "word/document.xml": utf8("<a/>") }),
      "DOCUMENT_CORRUPT",
    ],
    ["that is cut off", makeDocx(docxParagraph("a")).subarray(0, 400), "DOCUMENT_CORRUPT"],
    ["without words", makeDocx(docxParagraph(" ")), "DOCUMENT_EMPTY"],
    [
      "that is one drawing",
      makeDocx(`<w:drawing>${" ".repeat(15_000_000)}</w:drawing>`),
      "DOCUMENT_EMPTY",
    ],
    ["nested beyond reason", makeDocx("<w:sdt><w:sdtContent>".repeat(20_000)), "DOCUMENT_CORRUPT"],
  ])("%s is refused with its reason", async ([, bytes, code]) => {
    expect(await refusal(bytes as Uint8Array)).toMatchObject({ name: "DocumentError", code });
  });

  test("with a password is refused as such", async () => {
    const name = Array.from("EncryptedPackage", (letter) => `${letter}\0`).join("");
    const wrapped = Uint8Array.from(`\xd0\xcf\x11\xe0 ${name}`, (letter) => letter.charCodeAt(0));
    const locked = makeDocx(docxParagraph("a"));
    const view = new DataView(locked.buffer);
    for (let at = 0; at + 10 < locked.length; at++) {
      if (view.getUint32(at, true) === 0x02014b50) view.setUint16(at + 8, 1, true);
    }

    expect(await refusal(wrapped)).toMatchObject({ code: "DOCUMENT_ENCRYPTED" });
    expect(await refusal(locked)).toMatchObject({ code: "DOCUMENT_ENCRYPTED" });
  });
});
