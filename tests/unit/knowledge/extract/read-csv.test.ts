import { describe, expect, test } from "vitest";
import { chunkDocument } from "../../../../shared/knowledge/chunk-document.ts";
import { extractText } from "../../../../shared/knowledge/extract-text.ts";
import { listTables } from "../../../../shared/knowledge/list-tables.ts";
import { toChunkMetadata } from "../../../../shared/knowledge/to-chunk-metadata.ts";
import { utf8 } from "../../../support/documents.ts";

const read = async (csv: string) => (await extractText(utf8(csv), "text/csv")).text;

describe("a CSV file", () => {
  test.for([",", ";", "\t", "|"])("parted by %j is a list of its rows", async (delimiter) => {
    const rows = [["Name", "Born", "Note"], ["Ada", "1815", '"She said ""hi""\r\nand, left"'], [
      "Grace",
      "",
      "",
    ]];

    const text = await read(rows.map((row) => row.join(delimiter)).join("\r\n"));

    expect(text).toBe('- Name: Ada; Born: 1815; Note: She said "hi" and, left\n- Name: Grace');
  });

  test("of Excel, which names the delimiter above the head, begins with the head", async () => {
    expect(await read("sep=;\r\nName;Born\r\nAda;1815")).toBe("- Name: Ada; Born: 1815");
  });

  test("says its columns with every passage", async () => {
    const rows = Array.from({ length: 300 }, (_, at) => `${at},${at * 7} EUR`).join("\n");
    const extracted = await extractText(utf8(`id,price\n${rows}`), "text/csv");

    const columns = chunkDocument(extracted.text, extracted)
      .map((chunk) => toChunkMetadata(chunk, { tables: listTables(extracted) }).columns);

    expect(columns.length).toBeGreaterThan(5);
    expect(new Set(columns.map((names) => names?.join()))).toEqual(new Set(["id,price"]));
  });

  test("with a quote that never closes loses nothing", async () => {
    expect(await read('Name,Born\n"Ada,1815\nGrace,1906')).toBe(
      '- Name: "Ada; Born: 1815\n- Name: Grace; Born: 1906',
    );
  });

  test("with rows of other lengths keeps every cell", async () => {
    expect(await read("a,b\n1\n1,2,3\n")).toBe("- a: 1\n- a: 1; b: 2; 3");
  });

  test("of one column is the text that it is", async () => {
    expect(await read("Just a text.\n\nNothing else.")).toBe("Just a text.\n\nNothing else.");
  });

  test("is never cut inside a row", async () => {
    const csv = Array.from(
      { length: 300 },
      (_, at) => `${at},Item ${at}. As shown. New,${at * 7} EUR`,
    )
      .join("\n");
    const { text, format } = await extractText(utf8(`id,name,price\n${csv}`), "text/csv");

    const chunks = chunkDocument(text, { format });

    expect(chunks.length).toBeGreaterThan(20);
    for (const { content } of chunks) {
      for (const line of content.trim().split("\n")) {
        expect(line).toMatch(/^- id: (\d+); name: Item \1\. As shown\. New; price: \d+ EUR$/);
      }
    }
  });

  test("whose head is repeated beyond reason is refused", async () => {
    const csv = `${"h".repeat(3000)},b\n${"1,2\n".repeat(10_000)}`;

    await expect(read(csv)).rejects.toMatchObject({ code: "DOCUMENT_TOO_LARGE" });
  });
});
