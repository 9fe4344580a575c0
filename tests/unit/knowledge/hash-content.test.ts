import { describe, expect, test } from "vitest";
import { hashContent } from "../../../shared/knowledge/hash-content.ts";

describe("hashContent", () => {
  test("it is the SHA-256 of headings and content as JSON, in lower-case hex", async () => {
    // printf '[["A"],"é"]' | sha256sum
    expect(await hashContent("é", ["A"])).toBe(
      "f3a089abcc1b9642ca04cca6b865033965542b50eb9e745c0e94a8de37c46580",
    );
  });

  test("content, headings and where one heading ends all count", async () => {
    const hashes = await Promise.all([
      hashContent("c", []),
      hashContent("c", [""]),
      hashContent("c", ["a", "b"]),
      hashContent("c", ["ab"]),
      hashContent("c", ["b", "a"]),
      hashContent("a", ["c"]),
      hashContent("c ", ["ab"]),
    ]);

    expect(new Set(hashes).size).toBe(hashes.length);
  });
});
