import { describe, expect, test } from "vitest";
import { contentDigest } from "../../../shared/training-files/versions/content-digest.ts";
import { diffVersions } from "../../../shared/training-files/versions/diff.ts";
import { versionSummaryBuilder } from "../../../shared/training-files/versions/version-summary.ts";
import { manifestOf, manifestText } from "../../../shared/training-files/versions/manifest.ts";
import { previewFormat } from "../../../shared/training-files/versions/preview-format.ts";
import { previewOf } from "../../../shared/training-files/versions/preview.ts";
import { measuringSink } from "../../../shared/training-files/sinks/measuring-sink.ts";
import { enriched, FILE, load, loadAll, pair, pairs, uuid } from "./support/conversations.ts";
import { rowsOf, writeExport, writeFullJson, writeJsonl } from "./support/write.ts";

const NONE = { conversations: [], replies: [] };

describe("contentDigest", () => {
  const source = (number: number) => ({
    conversation_id: uuid(number),
    sha256: `hash ${number}`,
    split: null,
  });
  const digest = contentDigest("name", { a: 1, b: 2 }, [source(1), source(2)]);

  test("is the same for the same content, whatever the order of the options' keys", () => {
    expect(contentDigest("name", { b: 2, a: 1 }, [source(1), source(2)])).toBe(digest);
    expect(digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test.each([
    ["the order", contentDigest("name", { a: 1, b: 2 }, [source(2), source(1)])],
    ["the name", contentDigest("other", { a: 1, b: 2 }, [source(1), source(2)])],
    ["an option", contentDigest("name", { a: 1, b: 3 }, [source(1), source(2)])],
    ["a source", contentDigest("name", { a: 1, b: 2 }, [source(1), source(3)])],
    [
      "a split",
      contentDigest("name", { a: 1, b: 2 }, [source(1), { ...source(2), split: "train" }]),
    ],
  ])("changes with %s", (_name, other) => {
    expect(other).not.toBe(digest);
  });
});

describe("diffVersions", () => {
  test("tells added, removed and changed conversations, and what they come to", () => {
    const [one, two, three] = loadAll([enriched(pairs(1)), enriched(pairs(2)), enriched(pairs(3))])
      .map(({ entry }) => entry);
    if (!one || !two || !three) throw new Error("three");
    const { entry: changed } = load(enriched(pairs(4)), 2);

    const diff = diffVersions(
      { version: 1, entries: [one, two] },
      { version: 2, entries: [changed, three] },
    );

    expect(diff).toEqual({
      from: 1,
      to: 2,
      added: [uuid(3)],
      removed: [uuid(1)],
      changed: [
        {
          conversation_id: uuid(2),
          from_sha256: two.snapshot.sha256,
          to_sha256: changed.snapshot.sha256,
          pairs_delta: 2,
        },
      ],
      unchanged_count: 0,
      conversations_delta: 0,
      pairs_delta: 4,
      tokens_delta: { prompt: 4 * 3, trained: 4 * 3 },
    });
  });

  test("is empty between a version and itself", () => {
    const version = {
      version: 1,
      entries: loadAll([enriched(pairs(2))]).map(({ entry }) => entry),
    };

    expect(diffVersions(version, version)).toMatchObject({
      added: [],
      removed: [],
      changed: [],
      unchanged_count: 1,
      pairs_delta: 0,
      tokens_delta: { prompt: 0, trained: 0 },
    });
  });
});

describe("manifestOf", () => {
  test("names every source with its hash and every excluded pair with its reason", () => {
    const loaded = loadAll([enriched(pairs(2)), enriched([pair(1, { target_response: "" })])]);
    const entries = loaded.map(({ entry }) => entry);
    const summary = versionSummaryBuilder();
    for (const entry of entries) summary.add(entry);
    const artifact = {
      path: "p",
      format: "json",
      bytes: 1,
      lines: 1,
      sha256: "x",
      options_hash: null,
    };

    const manifest = manifestOf({
      file: FILE,
      content_digest: "d",
      options: {},
      summary: summary.build(),
      artifacts: [artifact],
      duplicates: NONE,
    });

    expect(manifest).toMatchObject({
      totals: { conversations: 2, training_pairs: 3, rows: { pair: 2, conversation: 1 } },
      sources: [{ position: 0, pairs: 2, sha256: entries[0]?.snapshot.sha256 }, {
        position: 1,
        pairs: 1,
      }],
      excluded: [{ conversation_id: uuid(2), pair_id: "turn1", code: "E06" }],
      artifacts: [artifact],
    });
    expect(JSON.parse(manifestText(manifest))).toEqual(JSON.parse(JSON.stringify(manifest)));
  });
});

describe("measuringSink", () => {
  test("counts and hashes what passes, in any chunks", async () => {
    const bytes = writeJsonl(loadAll([enriched(pairs(3))]));
    const passed: number[] = [];
    const { write, measures } = measuringSink((chunk) => passed.push(...chunk));

    for (let at = 0; at < bytes.length; at += 7) write(bytes.slice(at, at + 7));

    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes.slice()));
    expect(measures()).toEqual({ bytes: bytes.length, lines: 4, sha256: hash.toHex() });
    expect(passed).toEqual([...bytes]);
  });
});

describe("previewFormat", () => {
  const loaded = loadAll([enriched(pairs(2)), enriched(pairs(3))]);
  const entries = loaded.map(({ entry }) => entry);

  test.each(["openai", "messages", "sharegpt", "alpaca", "trl"] as const)(
    "shows the first lines that %s will have",
    (format) => {
      const lines = new TextDecoder().decode(writeExport(loaded, { format })).split("\n");

      const { first_lines, rows } = previewFormat(format, FILE, entries, loaded.slice(0, 1), 1);

      expect(first_lines).toEqual(lines.slice(0, 1));
      expect(rows).toBe(lines.length - 1);
    },
  );

  test("shows the header of the native files and lines of a zip's data", () => {
    const show = (format: Parameters<typeof previewFormat>[0]) =>
      previewFormat(format, FILE, entries, loaded.slice(0, 1));

    expect(show("json").first_lines[0]).toContain('"total_training_pairs":5');
    expect(show("jsonl").first_lines[0]).toContain('"_meta"');
    expect(show("axolotl")).toMatchObject({ rows: 2 });
    expect(rowsOf(new TextEncoder().encode(`${show("axolotl").first_lines[0]}\n`))).toHaveLength(1);
  });
});

describe("previewOf", () => {
  test("says the exact size of both native files", () => {
    const loaded = loadAll([enriched(pairs(2)), enriched(pairs(3))]);

    const preview = previewOf(FILE, loaded.map(({ entry }) => entry), NONE, {});

    expect(preview.size_bytes).toEqual({
      json: writeFullJson(loaded).byteLength,
      jsonl: writeJsonl(loaded).byteLength,
    });
  });
});
