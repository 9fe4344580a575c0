import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { exportOptions } from "../../../shared/training-files/exports/export-options.ts";
import { planExport } from "../../../shared/training-files/exports/plan-export.ts";
import { sequenceLength } from "../../../shared/training-files/exports/sequence-length.ts";
import { sideFiles } from "../../../shared/training-files/exports/side-files.ts";
import { brokenConversation, soundConversation } from "./support/arbitraries.ts";
import { DatasetEntry, survivors } from "./support/consumers/llama-factory.ts";
import { enriched, FILE, load, loadAll, pair, pairs } from "./support/conversations.ts";
import { memberText, unzip } from "./support/unzip.ts";
import { rowsOf, writeExport } from "./support/write.ts";

const files = fc.array(fc.oneof(soundConversation, brokenConversation), {
  minLength: 1,
  maxLength: 4,
});
const TALKS = Array.from(
  { length: 20 },
  (_, index) => enriched(pairs(1, { target_response: `reply number ${index}` })),
);
const SPLIT = { validation_percent: 30, seed: "s" };

function infoOf(zip: Uint8Array): Map<string, DatasetEntry> {
  const text = memberText(zip, "dataset_info.json");
  return new Map(Object.entries(z.record(z.string(), DatasetEntry).parse(JSON.parse(text))));
}

function memberRows(zip: Uint8Array, name: string) {
  return rowsOf(new TextEncoder().encode(memberText(zip, name)));
}

describe("llamafactory", () => {
  test("names every tag and a data file that carries the version", () => {
    const zip = writeExport([load(TALKS[0])], { format: "llamafactory" });

    expect([...unzip(zip).keys()]).toEqual([
      "dataset_info.json",
      "llamafactory.yaml",
      "spring-clients-v3.jsonl",
    ]);
    expect([...infoOf(zip)]).toEqual([
      ["spring-clients-v3", expect.objectContaining({ file_name: "spring-clients-v3.jsonl" })],
    ]);
  });

  test("loses no row to LLaMA-Factory's parity rule, whatever comes in", () => {
    fc.assert(fc.property(files, fc.boolean(), (sources, isPair) => {
      const granularity = isPair ? "pair" : "conversation";
      const zip = writeExport(loadAll(sources), { format: "llamafactory", granularity });
      const [entry] = infoOf(zip).values();
      if (!entry) throw new Error("no dataset");
      const rows = memberRows(zip, entry.file_name);

      expect(survivors(rows, entry)).toHaveLength(rows.length);
    }));
  });

  test("masks the history in its own word", () => {
    const yaml = (loss: "all" | "last") =>
      memberText(
        writeExport([load(TALKS[0])], { format: "llamafactory", loss }),
        "llamafactory.yaml",
      );

    expect(yaml("last")).toContain("mask_history: true\n");
    expect(yaml("all")).toContain("mask_history: false\n");
  });

  test("names train and evaluation data alike in the zip of either part", () => {
    const [train, validation] = (["train", "validation"] as const).map((part) =>
      writeExport(loadAll(TALKS), { format: "llamafactory", split: { ...SPLIT, part } })
    );
    if (!train || !validation) throw new Error("two parts");

    expect(memberText(train, "dataset_info.json")).toBe(
      memberText(validation, "dataset_info.json"),
    );
    expect(memberText(train, "llamafactory.yaml")).toContain(
      "dataset: spring-clients-v3-train\neval_dataset: spring-clients-v3-validation\n",
    );
    const counts = [
      memberRows(train, "spring-clients-v3-train.jsonl").length,
      memberRows(validation, "spring-clients-v3-validation.jsonl").length,
    ];
    expect(counts[0]).toBeGreaterThan(0);
    expect(counts[1]).toBeGreaterThan(0);
    expect((counts[0] ?? 0) + (counts[1] ?? 0)).toBe(20);
  });
});

describe("axolotl", () => {
  test("uses chat_template and trains the assistant", () => {
    const zip = writeExport([load(TALKS[0])], { format: "axolotl" });

    expect(memberText(zip, "axolotl.yaml")).toBe(
      [
        "# Axolotl configuration of this data. Merge it into your training YAML.",
        "chat_template: tokenizer_default",
        "datasets:",
        "  - path: ./spring-clients-v3.jsonl",
        "    ds_type: json",
        "    split: train",
        "    type: chat_template",
        "    field_messages: messages",
        "    message_property_mappings:",
        "      role: role",
        "      content: content",
        '    roles_to_train: ["assistant"]',
        "    train_on_eos: turn",
        "sequence_len: 2048",
        "",
      ].join("\n"),
    );
  });

  test("marks every message with train, and names the field, when only the last is trained", () => {
    const zip = writeExport([load(enriched(pairs(2)))], { format: "axolotl", loss: "last" });
    const [row] = memberRows(zip, "spring-clients-v3.jsonl");

    expect(memberText(zip, "axolotl.yaml")).toContain("    message_field_training: train\n");
    expect(row).toEqual({
      messages: [
        { role: "system", content: "Be kind.", train: false },
        { role: "user", content: "question 1", train: false },
        { role: "assistant", content: "answer 1", train: false },
        { role: "user", content: "question 2", train: false },
        { role: "assistant", content: "answer 2", train: true },
      ],
    });
  });

  test("cuts spaces at a part's end and nothing else", () => {
    const source = enriched([pair(1, { target_response: "  so \n be it \n\n" })]);

    const zip = writeExport([load(source)], { format: "axolotl" });

    expect(memberText(zip, "spring-clients-v3.jsonl")).toContain('"content":"  so \\n be it"');
  });

  test("names the validation file as test data", () => {
    const zip = writeExport(loadAll(TALKS), {
      format: "axolotl",
      split: { ...SPLIT, part: "train" },
    });

    expect(memberText(zip, "axolotl.yaml")).toMatch(
      /datasets:\n {2}- path: \.\/spring-clients-v3-train\.jsonl[^]*test_datasets:\n {2}- path: \.\/spring-clients-v3-validation\.jsonl/,
    );
  });
});

describe("a zip", () => {
  test("has the same bytes in every time zone and at every time", () => {
    const before = writeExport([load(TALKS[0])], { format: "axolotl" });

    expect(writeExport([load(TALKS[0])], { format: "axolotl" })).toEqual(before);
    expect([...before.slice(10, 14)]).toEqual([0, 0, 0x21, 0]);
  });
});

describe("sideFiles", () => {
  test("gives messages a card whose configs name the split's files", () => {
    const entries = loadAll(TALKS).map(({ entry }) => entry);
    const split = { ...SPLIT, part: "train" } as const;
    const plan = planExport(entries, exportOptions({ format: "messages", split }));

    const [card] = sideFiles(FILE, plan);

    expect(card?.name).toBe("README.md");
    expect(card?.text).toContain(
      "  - split: train\n    path: spring-clients-v3-train.jsonl\n" +
        "  - split: validation\n    path: spring-clients-v3-validation.jsonl\n",
    );
    expect(card?.text).toContain(
      `| validation | spring-clients-v3-validation.jsonl | ${plan.rows.validation} |`,
    );
  });

  test("makes a safe file name of any name", () => {
    const names = ["Q3: élan / 2025", "../../etc/passwd", "客户", "  "].map((name) => {
      const plan = planExport([], exportOptions({ format: "messages" }));
      return /path: (.*)/.exec(sideFiles({ ...FILE, name }, plan)[0]?.text ?? "")?.[1];
    });

    expect(names).toEqual([
      "q3-elan-2025-v3.jsonl",
      "etc-passwd-v3.jsonl",
      "training-file-v3.jsonl",
      "training-file-v3.jsonl",
    ]);
  });
});

describe("sequenceLength", () => {
  test.each([[0, 2048], [1433, 2048], [1434, 4096], [50_000, 65_536]])(
    "holds a row of %d tokens in %d",
    (longest, expected) => {
      expect(sequenceLength(longest)).toBe(expected);
    },
  );
});
