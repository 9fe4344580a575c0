import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseLossless } from "../../../shared/training-files/conversation/lossless-json.ts";
import { scanJson } from "../../../shared/training-files/conversation/scan-json.ts";

describe("parseLossless", () => {
  test.each(["3.0", "-0", "1e2", "1.50", "12345678901234567890", "0.1000000000000000055511151231"])(
    "writes %s with the letters that it came with",
    (number) => {
      expect(JSON.stringify(parseLossless(`{"n":[${number}]}`))).toBe(`{"n":[${number}]}`);
    },
  );

  test("gives equal values for any JSON", () => {
    fc.assert(fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value);

      expect(JSON.stringify(parseLossless(text))).toBe(text);
    }));
  });
});

describe("scanJson", () => {
  test("measures the depth of any JSON", () => {
    const depthOf = (value: unknown): number =>
      typeof value === "object" && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
        : 0;

    fc.assert(fc.property(fc.jsonValue(), (value) => {
      expect(scanJson(JSON.stringify(value, null, 1)).depth).toBe(depthOf(value));
    }));
  });

  test.each([['{"a":3.0}', false], ['{"a":"3.0"}', true], ["[1,-2.5,1e+21]", true], [
    "[-0]",
    false,
  ]])(
    "knows whether %s survives JSON.parse",
    (text, isExact) => {
      expect(scanJson(text).hasExactNumbers).toBe(isExact);
    },
  );

  test("agrees with a round trip on every number", () => {
    fc.assert(fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
      const text = `[${number}]`;

      expect(scanJson(text).hasExactNumbers).toBe(JSON.stringify(JSON.parse(text)) === text);
    }));
  });
});
