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

  test.for([
    ["numbers", "Ada Lovelace,1815\nGrace Hopper,1906", "Ada Lovelace; Column 2: 1815"],
    ["years", "Grace,1906,1992\nKatherine,1918,2020", "Grace; Column 2: 1906; Column 3: 1992"],
    ["dates", "Rent,2026-01-31\nHeating,2026-02-28", "Rent; Column 2: 2026-01-31"],
    ["prices", "Bolt,€ 1.50\nNut,€ 0.20", "Bolt; Column 2: € 1.50"],
    ["repetitions", "Ada,yes,yes\nGrace,no,yes", "Ada; Column 2: yes; Column 3: yes"],
  ])("without a head, which has no %s, numbers its columns", async ([, csv, item]) => {
    const { text, columns } = await extractText(utf8(csv!), "text/csv");

    expect(text.split("\n")[0]).toBe(`- Column 1: ${item}`);
    expect(columns?.slice(0, 2)).toEqual(["Column 1", "Column 2"]);
  });

  test.for([
    ["years", "Country,2019,2020\nGermany,83.1,83.2", "- Country: Germany; 2019: 83.1; 2020: 83.2"],
    ["repetitions", "Item,Price,Price\nBolt,1,2", "- Item: Bolt; Price: 1; Price: 2"],
    ["a gap", ",Name\n0,Ada", "- 0; Name: Ada"],
    ["an empty end", "Name,City,\nAda,London,", "- Name: Ada; City: London"],
  ])("may have %s in its head", async ([, csv, text]) => {
    expect(await read(csv!)).toBe(text);
  });

  test.for(["Fee report,,", "Fee report", "Fee report,,\n2026,,"])(
    "under the title %j says it above its rows, which have the names of the head",
    async (title) => {
      const { text, columns } = await extractText(
        utf8(`${title}\nCard,Fee,From\nGold,70,May\nBlue,20,June`),
        "text/csv",
      );

      expect(text).toBe(
        `${title.replaceAll(",", "")}\n- Card: Gold; Fee: 70; From: May\n` +
          "- Card: Blue; Fee: 20; From: June",
      );
      expect(columns).toEqual(["Card", "Fee", "From"]);
    },
  );

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
