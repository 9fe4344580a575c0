import { describe, expect, test } from "vitest";
import { chunkDocument } from "../../../shared/knowledge/chunk-document.ts";
import { listTables } from "../../../shared/knowledge/list-tables.ts";
import { toChunkMetadata } from "../../../shared/knowledge/to-chunk-metadata.ts";

const table = "| Grade | Days \\| nights |\n| --- | --- |\n" +
  Array.from({ length: 60 }, (_, at) => `| grade ${at} | ${at * 3} |\n`).join("");
const text = `# Days\n\nThe days by grade.\n\n${table}\n## After\n\nThat is all.\n`;

describe("the metadata of a chunk", () => {
  test("names the columns of its table, also far below its head", () => {
    const tables = listTables({ text, format: "markdown" });
    const chunks = chunkDocument(text, { format: "markdown" });

    const columns = chunks.map((chunk) => toChunkMetadata(chunk, { tables }).columns);

    expect(chunks.length).toBeGreaterThan(4);
    expect(columns.at(-1)).toBeUndefined();
    for (const found of columns.slice(1, -1)) expect(found).toEqual(["Grade", "Days | nights"]);
  });

  test("is empty for a text without pages and tables", () => {
    expect(
      toChunkMetadata({ content: "a | b", startOffset: 0 }, {
        tables: listTables({ text: "a", format: "text" }),
      }),
    )
      .toEqual({});
  });

  test("lists the pages that its words are on, not those that its white space reaches", () => {
    const pages = [{ page: 1, startOffset: 0 }, { page: 2, startOffset: 10 }, {
      page: 5,
      startOffset: 20,
    }];

    const pagesOf = (content: string, startOffset: number) =>
      toChunkMetadata({ content, startOffset }, { pages }).pages;

    expect(pagesOf("12345678\n\n", 0)).toEqual([1]);
    expect(pagesOf("\n\n345678", 8)).toEqual([2]);
    expect(pagesOf("12345678\n\n1234", 5)).toEqual([1, 2]);
    expect(pagesOf("a".repeat(30), 0)).toEqual([1, 2, 5]);
  });
});
