import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { afterLabel } from "../../../../local/model-server/vision/grammar/after-label.ts";
import { findDimensions } from "../../../../local/model-server/vision/grammar/find-dimensions.ts";
import { findReferences } from "../../../../local/model-server/vision/grammar/find-references.ts";
import { findSpecCallouts } from "../../../../local/model-server/vision/grammar/find-spec-callouts.ts";
import { repairNumber } from "../../../../local/model-server/vision/grammar/repair-number.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const drawn = fc.string({
  unit: fc.constantFrom(...`${letters}abcm0123456789 '"/-.,:#()[]°±²x\u0000`),
  maxLength: 80,
});

describe("dimensions", () => {
  test.each([
    [`VERTICAL STUDS @ 2'-0" [610mm] MAX.`, [[`2'-0"`, "ft-in"], ["610mm", "mm"]]],
    [`AT 16" [406mm] OR 24" O.C.`, [['16"', "in"], ["406mm", "mm"], ['24" O.C.', "in"]]],
    [`1 15/16" AND 5/8"MAX.`, [['1 15/16"', "in"], ['5/8"MAX.', "in"]]],
    [`2'-6 1/2" HIGH`, [[`2'-6 1/2"`, "ft-in"]]],
    [`12"x12" [300x300mm] PANEL`, [['12"x12"', "in"], ["300x300mm", "mm"]]],
    [`1829mm (6') LONG MAX.`, [["1829mm", "mm"], ["6'", "ft"]]],
    ["SLOPE 45° AND 30 DEG.", [["45°", "deg"], ["30 DEG.", "deg"]]],
    ["6 IN. O.C. EVERY 3 FT", [["6 IN. O.C.", "in"], ["3 FT", "ft"]]],
    ["2.5 cm, 1,2 m", [["2.5 cm", "cm"], ["1,2 m", "m"]]],
    [`1/2" ± TYP.`, [[`1/2" ± TYP.`, "in"]]],
  ])("%j", (text, expected) => {
    expect(findDimensions(text).map(({ text, unit }) => [text, unit])).toEqual(expected);
  });

  test.each([
    "DECEMBER 2008",
    "NOTE 1:",
    "P-111 WATER CLOSET",
    "11/01/2017",
    "SD081113-02",
    "W10X33",
  ])(
    "are not seen in %j",
    (text) => {
      expect(findDimensions(text)).toEqual([]);
    },
  );

  test("of feet and inches are found as written, whatever the numbers", () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(11), fc.integer({ min: 1, max: 15 }), (ft, inch, n) => {
        const written = `${ft}'-${inch} ${n}/16"`;

        expect(findDimensions(`PROVIDE ${written} CLEARANCE`)).toEqual([
          { text: written, unit: "ft-in" },
        ]);
      }),
    );
  });
});

describe("cross-references", () => {
  test.each([
    ["SEE DETAIL 3/S-501", "detail", "S-501", "3"],
    ["3/S501", "detail", "S501", "3"],
    ["A/A-101 SIM.", "detail", "A-101", "A"],
    ["SECTION B/A-301", "section", "A-301", "B"],
    ["SEE ELEVATION 2/A-201", "elevation", "A-201", "2"],
    ["SEE DETAIL 4 ON SHEET S-501", "detail", "S-501", "4"],
    ["DETAIL 3 ON S501", "detail", "S501", "3"],
    ["SEE SHEET A-101", "sheet", "A-101", null],
    ["DWG. NO. M-301", "sheet", "M-301", null],
    ["REFER TO AD-201.1", "sheet", "AD-201.1", null],
    ["METAL STUDS PER STD DTL 08 11 13-01", "detail", null, "08 11 13-01"],
    ["DETAIL 08 11 13-01", "detail", null, "08 11 13-01"],
    ["SIM. TO SD081113-02", "detail", null, "SD081113-02"],
    ["PER STD DTL O8 11 13 - O1", "detail", null, "08 11 13-01"],
    ["SEE DETAIL C", "detail", null, "C"],
    ["SEE DETAIL 3/5-501", "detail", "S-501", "3"],
    ["see detail 3/s-501", "detail", "S-501", "3"],
  ])("%j", (text, kind, sheet, detail) => {
    expect(findReferences(text)).toMatchObject([{ kind, sheet, detail }]);
  });

  test.each([
    ["LUMINAIRE. REFER TO SCHEDULE", "schedule", "REFER TO SCHEDULE"],
    ["SEE DOOR SCHEDULE", "schedule", "SEE DOOR SCHEDULE"],
    ["GRAB BAR SEE ARCH. DETAILS", "other", "SEE ARCH. DETAILS"],
  ])("to what has no number: %j", (text, kind, raw) => {
    expect(findReferences(text)).toEqual([{ kind, sheet: null, detail: null, raw }]);
  });

  test.each([
    '1/4" [6mm] STEEL PLATE',
    "DATE ISSUED: 11/01/2017",
    "ASTM A307 BOLTS",
    "SECTION A",
    "DETAIL D",
    "SPECIFICATION SECTION 26 51 00 (TYP)",
    "P-111 WATER CLOSET",
    "MULLION 3/16",
    "3/5-16 BOLTS",
  ])("are not seen in %j", (text) => {
    expect(findReferences(text)).toEqual([]);
  });

  test("of one text are told in its order, each target once", () => {
    const text = "SEE 3/S-501 AND SHEET A-101; ALSO SEE DETAIL 3/S-501";

    expect(findReferences(text).map(({ raw }) => raw)).toEqual(["SEE 3/S-501", "AND SHEET A-101"]);
  });

  test("are pieces of the text, whatever it is", () => {
    fc.assert(fc.property(drawn, (text) => {
      for (const { raw } of findReferences(text)) expect(text).toContain(raw);
      for (const { text: found } of findDimensions(text)) expect(text).toContain(found);
      for (const { text: found } of findSpecCallouts(text)) expect(text).toContain(found);
    }));
  });
});

describe("callouts of the specification", () => {
  test.each([
    ["REFER TO SPECIFICATION SECTION 26 51 00", "SPECIFICATION SECTION 26 51 00", "26 51 00"],
    ["SEALANT, SECTION 07 92 00", "SECTION 07 92 00", "07 92 00"],
    ["FRAMES 08 11 13", "08 11 13", "08 11 13"],
    ["SPEC. SECTION 079200", "SPEC. SECTION 079200", "07 92 00"],
    ["SECTION 07 92 00.13", "SECTION 07 92 00.13", "07 92 00.13"],
    ["SECTION 07920", "SECTION 07920", "07920"],
    ["BOLTS ASTM F1554 GR. 36", "ASTM F1554", null],
    ["FEDERAL SPECIFICATION QQ-C-535B, COMPOSITION 2.", "FEDERAL SPECIFICATION QQ-C-535B", null],
  ])("%j", (text, callout, section) => {
    expect(findSpecCallouts(text)).toEqual([{ text: callout, section }]);
  });

  test.each(["PER STD DTL 08 11 13-01", "SECTION A", "10 20 30 40", "SD081113-02"])(
    "are not seen in %j",
    (text) => {
      expect(findSpecCallouts(text)).toEqual([]);
    },
  );
});

describe("a number that was misread", () => {
  test.each([
    ["SDO81113-O1.DWG", "SD081113-01"],
    ["SD081113-02.0WG", "SD081113-02"],
    ["SD265100-01 DWG", "SD265100-01"],
    ["SD0O80000-01.DWG", "SD080000-01"],
    ["SD 081113 - 01", "SD 081113-01"],
    ["A-101", "A-101"],
    ["S501", "S501"],
    ["SOIL", "SOIL"],
    ["3", "3"],
  ])("%j becomes %j", (read, meant) => {
    expect(repairNumber(read)).toBe(meant);
  });

  test("stays what it is where nothing was misread", () => {
    const number = fc.tuple(
      fc.constantFrom("SD", "A", "S", ""),
      fc.stringMatching(/^\d{6}$/),
      fc.stringMatching(/^\d{2}$/),
    ).map(([letters, section, part]) => `${letters}${section}-${part}`);

    fc.assert(fc.property(number, (text) => {
      expect(repairNumber(text)).toBe(text);
      expect(repairNumber(`${text}.DWG`)).toBe(text);
    }));
  });
});

describe("a label", () => {
  const label = [["DETAIL", "DRAWING"], ["TITLE"]];

  test.each([
    ["DETAIL TITLE / INTERIOR DOOR FRAMES", "INTERIOR DOOR FRAMES"],
    ["DRAWING TITLE: ROOF DRAIN", "ROOF DRAIN"],
    ["DETAL TITLE", ""],
    ["DETAIL T1TLE: ROOF", "ROOF"],
    ['DETAIL TITLE / "A" LABEL', '"A" LABEL'],
  ])("is taken off %j", (text, rest) => {
    expect(afterLabel(text, label)).toBe(rest);
  });

  test.each(["DETAIL OF TITLE", "TITLE", "SEE DETAIL TITLE", ""])("is not seen in %j", (text) => {
    expect(afterLabel(text, label)).toBeUndefined();
  });
});
