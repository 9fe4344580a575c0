import { describe, expect, test } from "vitest";
import { parseRetryAfter } from "../../../shared/providers/parse-retry-after.ts";

const now = new Date("2026-11-21T12:00:00Z");
const parse = (headers: Record<string, string>) => parseRetryAfter(new Headers(headers), now);

describe("parseRetryAfter", () => {
  test.each([
    ["5", 5],
    [" 7 ", 7],
    ["1.2", 2],
    ["0", 1],
    ["0.001", 1],
    ["3600", 600],
    ["999999999999", 600],
    ["Sat, 21 Nov 2026 12:00:30 GMT", 30],
    ["Saturday, 21-Nov-26 12:00:30 GMT", 30],
    ["Sat Nov 21 12:00:30 2026 GMT", 30],
    ["Fri, 20 Nov 2026 12:00:30 GMT", 1],
    ["Mon, 01 Jan 2125 00:00:00 GMT", 600],
  ])("reads %j as %i s", (value, seconds) => {
    expect(parse({ "retry-after": value })).toBe(seconds);
  });

  test.each(["Sat, 21 Nov 2026 12:10:00 GMT", "Sat, 21 Nov 2026 11:50:00 GMT"])(
    "counts from the time that the provider tells, %s, not from ours",
    (date) => {
      const inHalfAMinute = new Date(Date.parse(date) + 30_000).toUTCString();

      expect(parse({ date, "retry-after": inHalfAMinute })).toBe(30);
    },
  );

  test("counts from ours when the provider's cannot be read", () => {
    expect(parse({ date: "noon", "retry-after": "Sat, 21 Nov 2026 12:00:30 GMT" })).toBe(30);
  });

  test.each([
    [""],
    ["-5"],
    ["soon"],
    ["in 5 minutes"],
    ["try 5"],
    ["5 s"],
    ["1e3"],
    ["0x10"],
    ["Infinity"],
    ["NaN"],
    ["9999999999999"],
    ["99, 21 Nov"],
    ["Sat, 99 Nov 2026 12:00:30 GMT"],
  ])("does not read %j", (value) => {
    expect(parse({ "retry-after": value })).toBeNull();
  });

  test.each([["1500", 2], ["20", 1], ["0", 1], ["99999999", 600]])(
    "reads retry-after-ms %j as %i s, before the other",
    (value, seconds) => {
      expect(parse({ "retry-after-ms": value, "retry-after": "77" })).toBe(seconds);
    },
  );

  test("reads the other when retry-after-ms is garbage", () => {
    expect(parse({ "retry-after-ms": "-1", "retry-after": "77" })).toBe(77);
  });

  test("knows nothing without a header", () => {
    expect(parse({})).toBeNull();
  });
});
