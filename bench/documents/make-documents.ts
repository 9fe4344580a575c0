import {
  docxParagraph,
  docxTable,
  makeDocx,
  makePdf,
  utf8,
} from "../../tests/support/documents.ts";

/** A document of each format, of about half a megabyte of text each. */
export interface BenchDocuments {
  pdf: Uint8Array<ArrayBuffer>;
  docx: Uint8Array<ArrayBuffer>;
  html: string;
  csv: string;
  markdown: string;
}

const words =
  "the quick brown fox jumps over a lazy dog while seven wizards quietly make complex potions and every reader keeps on reading what is written here"
    .split(" ");

/** Made of the same words every time. */
export function makeDocuments(): BenchDocuments {
  const sections = Array.from({ length: 900 }, (_, at) => ({
    title: `Section ${at}`,
    prose: sentence(60, at),
    points: [sentence(8, at), sentence(8, at + 1)],
    rows: [["a", "b"], [`${at}`, sentence(4, at)]],
  }));
  const html = sections.map(({ title, prose, points, rows: [head = [], row = []] }) =>
    `<h2>${title}</h2><p>${prose}</p><ul>${
      points.map((point) => `<li>${point}</li>`).join("")
    }</ul>` +
    `<table><tr><th>${head.join("</th><th>")}</th></tr><tr><td>${
      row.join("</td><td>")
    }</td></tr></table>`
  );
  const markdown = sections.map(({ title, prose, points, rows: [head = [], row = []] }) =>
    `## ${title}\n\n${prose}\n\n- ${points.join("\n- ")}\n\n` +
    `| ${head.join(" | ")} |\n| --- | --- |\n| ${row.join(" | ")} |\n`
  );
  const pages = Array.from({ length: 160 }, (_, page) => [
    { text: `Chapter ${page}`, y: 800, size: 18 },
    ...Array.from({ length: 45 }, (_, line) => ({
      text: sentence(12, page * 45 + line),
      y: 770 - 14 * line,
    })),
  ]);
  return {
    pdf: makePdf(pages, { isDeflated: true }),
    docx: makeDocx(
      sections.map(({ title, prose, points, rows }) =>
        docxParagraph(title, 2) + docxParagraph(prose) +
        points.map((point) => docxParagraph(point)).join("") + docxTable(rows)
      ).join(""),
    ),
    html:
      `<!doctype html><html><head><title>Sections</title></head><body><nav><a href="/">Home</a>` +
      `</nav><main>${html.join("")}</main></body></html>`,
    csv: `name,value,note\n${
      Array.from({ length: 12_000 }, (_, at) => `row ${at},${at * 17},${sentence(6, at)}`).join(
        "\n",
      )
    }\n`,
    markdown: markdown.join("\n"),
  };
}

/** As the readers want it. */
export function toBytes(text: string): Uint8Array {
  return utf8(text);
}

function sentence(length: number, seed: number): string {
  const picked = Array.from({ length }, (_, at) => words[(at * 7 + seed * 13) % words.length]);
  return `${picked.join(" ")}.`;
}
