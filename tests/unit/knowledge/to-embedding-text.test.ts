import { describe, expect, test } from "vitest";
import { toEmbeddingText } from "../../../shared/knowledge/to-embedding-text.ts";

const row = "| Low water | 0.4 |\n";

describe("toEmbeddingText", () => {
  test("a passage is embedded under its document's title and its headings", () => {
    expect(toEmbeddingText("Manual", { headingPath: ["Gauges", "Reading"], content: "At noon.\n" }))
      .toBe("Manual › Gauges › Reading\n\nAt noon.");
  });

  test("a heading that the passage shows is not said again", () => {
    expect(
      toEmbeddingText("Manual", {
        headingPath: ["Gauges", "Reading"],
        content: "## Reading\nAt noon.",
      }),
    )
      .toBe("Manual › Gauges\n\n## Reading\nAt noon.");
  });

  test("rows without their head are embedded under its columns, with it they are not", () => {
    const columns = ["State", "Metres"];
    const head = "| State | Metres |\n|---|---|\n";

    expect(toEmbeddingText("Tides", { headingPath: [], content: row, columns }))
      .toBe(`Tides\nState | Metres\n\n${row.trim()}`);
    expect(toEmbeddingText("Tides", { headingPath: [], content: head + row, columns }))
      .toBe(`Tides\n\n${head}${row.trim()}`);
  });

  test("hundreds of columns do not outweigh the row", () => {
    const columns = Array.from({ length: 50 }, (_, at) => `column ${at} ${"long ".repeat(30)}`);

    expect(toEmbeddingText("T", { headingPath: [], content: row, columns }).length)
      .toBeLessThan(450);
  });
});
