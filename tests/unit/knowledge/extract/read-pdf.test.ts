import { describe, expect, test } from "vitest";
import { chunkDocument } from "../../../../shared/knowledge/chunk-document.ts";
import { extractText } from "../../../../shared/knowledge/extract-text.ts";
import { toChunkMetadata } from "../../../../shared/knowledge/to-chunk-metadata.ts";
import { linesFromTop, makePdf, type PdfText, utf8 } from "../../../support/documents.ts";

const read = (...pages: PdfText[][]) => extractText(makePdf(pages), "application/pdf");
const row = (y: number, ...texts: string[]) =>
  texts.map((text, at) => ({ text, y, x: 72 + 120 * at }));

describe("a PDF", () => {
  test("keeps its paragraphs, unwrapped, and the words that were hyphenated", async () => {
    const { text, format } = await read([
      ...linesFromTop("Every employee has twenty-five days of holi-", "day a year (paid)."),
      { text: "They are agreed with the manager.", y: 700 },
    ]);

    expect(format).toBe("markdown");
    expect(text.trim()).toBe(
      "Every employee has twenty-five days of holiday a year (paid).\n\n" +
        "They are agreed with the manager.",
    );
  });

  test.for([
    [["Groß-", "und Kleinschreibung"], "Groß- und Kleinschreibung"],
    [["a one-", "to five-year loan"], "a one- to five-year loan"],
    [["a first-", "class seat; a first-class one"], "a first-class seat; a first-class one"],
    [["The risk is high. A high-", "risk loan"], "The risk is high. A high-risk loan"],
    [["a state-of-the-", "art bridge"], "a state-of-the-art bridge"],
    [["Kosten-", "Nutzen-Analyse"], "Kosten-Nutzen-Analyse"],
    [["in the years 2019-", "2021"], "in the years 2019-2021"],
    [["a loan of the em-", "ployment fund"], "a loan of the employment fund"],
    [
      ["over time, due: the over-", "time; no overtime"],
      "over time, due: the overtime; no overtime",
    ],
    [["in come per son: the in-", "come"], "in come per son: the income"],
  ] as [string[], string][])("joins %j as the word is written", async ([lines, joined]) => {
    expect((await read(linesFromTop(...lines))).text).toBe(joined);
  });

  test("has headings where the letters are larger, the largest on top", async () => {
    const { text } = await read([
      { text: "Handbook", y: 780, size: 22 },
      { text: "Holidays", y: 740, size: 15 },
      ...linesFromTop("", "", "", "", "Twenty-five days a year.").slice(4),
    ]);

    expect(text.trim()).toBe("# Handbook\n\n## Holidays\n\nTwenty-five days a year.");
  });

  test("has a table where gaps part its lines, with its rows whole", async () => {
    const { text } = await read([
      ...linesFromTop("The days by grade:"),
      ...row(700, "Grade", "Days", "From"),
      ...row(684, "Junior", "25", "2024"),
      ...row(668, "Senior", "30", "2025"),
      { text: "That is all.", y: 630 },
    ]);

    expect(text.trim()).toBe(
      "The days by grade:\n\n| Grade | Days | From |\n| --- | --- | --- |\n" +
        "| Junior | 25 | 2024 |\n| Senior | 30 | 2025 |\n\nThat is all.",
    );
  });

  test("has a table whose cells go on in the next line, with its rows whole", async () => {
    const { text } = await read([
      ...row(700, "Part", "Made of", "Price"),
      ...row(680, "A1", "Steel", "5.00"),
      ...row(660, "A2", "Copper and", "7.00"),
      { text: "a little tin", x: 192, y: 648 },
      ...row(630, "B1", "Brass", "9.00"),
      ...row(610, "Large ones"),
      ...row(590, "B2", "Copper", "8.00"),
      { text: "All prices are net.", y: 570 },
    ]);

    expect(text).toBe(
      "| Part | Made of | Price |\n| --- | --- | --- |\n| A1 | Steel | 5.00 |\n" +
        "| A2 | Copper and a little tin | 7.00 |\n| B1 | Brass | 9.00 |\n| Large ones |  |  |\n" +
        "| B2 | Copper | 8.00 |\n\nAll prices are net.",
    );
  });

  test("has a table that ends on the next pages, under its head on each", async () => {
    const { text } = await read(
      [
        ...linesFromTop("The parts:"),
        ...row(90, "Part", "Made of", "Price"),
        ...row(74, "A1", "Steel", "5.00"),
        { text: "Page 1 of 3", y: 30 },
      ],
      [...row(760, "B2", "Copper", "7.00"), ...row(744, "B3", "Steel", "8.00")],
      [...row(760, "C1", "Brass", "9.00"), { text: "All prices are net.", y: 700 }],
    );

    const head = "| Part | Made of | Price |\n| --- | --- | --- |\n";
    expect(text).toBe(
      `The parts:\n\n${head}| A1 | Steel | 5.00 |\n\nPage 1 of 3\n\n` +
        `${head}| B2 | Copper | 7.00 |\n| B3 | Steel | 8.00 |\n\n` +
        `${head}| C1 | Brass | 9.00 |\n\nAll prices are net.`,
    );
  });

  test("has another table where one with other columns begins a page", async () => {
    const { text } = await read(
      [...row(90, "Part", "Price"), ...row(74, "A1", "5.00")],
      [...row(760, "Day", "From", "To"), ...row(744, "Monday", "8", "17")],
    );

    expect(text).toContain("\n\n| Day | From | To |\n| --- |");
  });

  test("is read the same where a page lies on its side", async () => {
    const lines = [
      ...linesFromTop("The deductible for a flood is five thousand", "and the limit one million."),
      ...row(700, "Cover", "Limit"),
      ...row(684, "Fire", "100"),
    ];
    const turned = lines.map(({ text, x = 72, y }) => ({ text, x: 842 - y, y: x, isUpward: true }));

    const [upright, sideways] = [await read(lines), await read(turned)];

    expect(sideways.text).toBe(upright.text);
    expect(upright.text).toBe(
      "The deductible for a flood is five thousand and the limit one million.\n\n" +
        "| Cover | Limit |\n| --- | --- |\n| Fire | 100 |",
    );
  });

  test("tells the pages of each chunk, counting those without text", async () => {
    const long = (letter: string) =>
      linesFromTop(...Array(12).fill(`${letter.repeat(5)} `.repeat(12)));
    const { text, format, pages } = await read(long("a"), [], long("b"), linesFromTop("last"));
    const chunks = chunkDocument(text, { format });

    const found = chunks.map((chunk) => [
      new Set(chunk.content.match(/\b[ab]|last/g)),
      toChunkMetadata(chunk, { pages }).pages,
    ]);

    const numbers = new Map([["a", 1], ["b", 3], ["last", 4]]);
    expect(pages?.map(({ page }) => page)).toEqual([1, 3, 4]);
    expect(chunks.length).toBeGreaterThan(3);
    for (const [marks, pages] of found as [Set<string>, number[]][]) {
      expect(pages).toEqual([...marks].map((mark) => numbers.get(mark)));
    }
  });

  test("says nothing that would be structure of Markdown", async () => {
    const { text } = await read(linesFromTop("# 1 seller"), linesFromTop("--------"));

    expect(text.trim()).toBe("\\# 1 seller\n\n\\--------");
  });

  test.for([
    [
      "with a password",
      makePdf([linesFromTop("secret")], { isEncrypted: true }),
      "DOCUMENT_ENCRYPTED",
    ],
    ["of pictures alone", makePdf([[], []]), "DOCUMENT_SCANNED"],
    ["that is cut off", makePdf([linesFromTop("text")]).subarray(0, 300), "DOCUMENT_CORRUPT"],
    ["that is its first line", utf8("%PDF-1.7"), "DOCUMENT_CORRUPT"],
    ["of 2001 pages", makePdf(Array(2001).fill([])), "DOCUMENT_TOO_LARGE"],
  ])("%s is refused with its reason", async ([, bytes, code]) => {
    await expect(extractText(bytes as Uint8Array, "application/pdf"))
      .rejects.toMatchObject({ name: "DocumentError", code });
  });

  test("is read through its compression, and refused where that hides gigabytes", async () => {
    const isDeflated = true;
    const small = makePdf([linesFromTop("One passage.")], { isDeflated });
    const bomb = makePdf([linesFromTop("a".repeat(40_000_000)), []], { isDeflated });

    expect((await extractText(small, "")).text).toBe("One passage.");
    expect(bomb.length).toBeLessThan(100_000);
    await expect(extractText(bomb, "")).rejects.toMatchObject({
      code: "DOCUMENT_TOO_LARGE",
      message: expect.stringContaining("far larger unpacked"),
    });
  });

  test("that says it has a billion pages is read as far as it has them", async () => {
    const bytes = makePdf([linesFromTop("text")]);
    const lie = new TextDecoder("latin1").decode(bytes).replace("/Count 1 ", "/Count 999999999 ");

    expect((await extractText(utf8(lie), "application/pdf")).text.trim()).toBe("text");
  });
});
