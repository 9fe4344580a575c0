import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { evalPass2, Pass2SetError } from "../../../eval/pass2.ts";
import { renderDrawing } from "../../../scripts/support/render-drawing.ts";

const sheet = {
  file_name: "sheet.png",
  detail_number: "RD-101",
  detail_title: "Roof drain: anchorage",
  cross_references: ["3/S-501"],
};
let dir: string;

beforeAll(async () => {
  dir = await Deno.makeTempDir();
  const png = await renderDrawing(
    `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="500" viewBox="0 0 1000 500"
      font-family="DejaVu Sans" font-size="26"><rect width="1000" height="500" fill="white"/>
      <text x="100" y="100">CLAMP BOLTS, SEE DETAIL 3/S-501</text>
      <text x="100" y="300">DETAIL TITLE: ROOF DRAIN ANCHORAGE</text>
      <text x="100" y="400">DETAIL NO.: RD-101</text></svg>`,
  );
  await Deno.writeFile(`${dir}/sheet.png`, png);
});

afterAll(() => Deno.remove(dir, { recursive: true }));

async function evaluate(details: unknown) {
  await Deno.writeTextFile(`${dir}/details.json`, JSON.stringify(details));
  return await evalPass2({ dir, say: () => undefined });
}

describe("the evaluation of Pass 2", () => {
  test("finds number, title and references, whatever their case and punctuation", async () => {
    const { rows, bars } = await evaluate([sheet]);

    expect(rows).toMatchObject([{ number_ok: true, title_ok: true, missing_references: [] }]);
    expect(bars.map(({ ok }) => ok)).toEqual([true, true, true]);
  }, 120_000);

  test("fails its bars for what is not on the sheet", async () => {
    const { rows, bars } = await evaluate([{
      ...sheet,
      detail_number: "RD-102",
      detail_title: "ROOF DRAIN",
      cross_references: ["3/S-501", "4/S-501"],
    }]);

    expect(rows).toMatchObject([{ number_ok: false, title_ok: false }]);
    expect(rows[0]?.missing_references).toEqual(["4/S-501"]);
    expect(bars.map(({ found, of, ok }) => [found, of, ok])).toEqual([
      [0, 1, false],
      [0, 1, false],
      [1, 2, false],
    ]);
  }, 120_000);

  test.each([
    ["no sheets", []],
    ["a sheet in another folder", [{ ...sheet, file_name: "../sheet.png" }]],
    ["a sheet that is not there", [{ ...sheet, file_name: "other.png" }]],
    ["no references", [{ ...sheet, cross_references: undefined }]],
  ])("refuses a folder with %s", async (_, details) => {
    await expect(evaluate(details)).rejects.toBeInstanceOf(Pass2SetError);
  });
});
