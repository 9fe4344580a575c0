import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nearDuplicateFinder } from "../../../shared/training-files/duplicates/near-duplicate-finder.ts";
import { groupNearDuplicates } from "../../../shared/training-files/duplicates/group-near-duplicates.ts";
import {
  decodeNumbers,
  encodeNumbers,
} from "../../../shared/training-files/fingerprint/base64-numbers.ts";
import {
  type ShingleSet,
  takeFingerprint,
} from "../../../shared/training-files/fingerprint/fingerprint.ts";
import { hashPlainWords } from "../../../shared/training-files/fingerprint/hash-plain-words.ts";
import { jaccard } from "../../../shared/training-files/fingerprint/jaccard.ts";
import { minHash, minHashOfUnion } from "../../../shared/training-files/fingerprint/min-hash.ts";
import {
  shingleSet,
  textUnits,
  unionOf,
} from "../../../shared/training-files/fingerprint/shingles.ts";
import {
  packFingerprint,
  StoredFingerprint,
  unpackFingerprint,
} from "../../../shared/training-files/fingerprint/stored-fingerprint.ts";
import { soundConversation } from "./support/arbitraries.ts";
import { enriched, pair, parse, uuid } from "./support/conversations.ts";

const sets = fc.uniqueArray(fc.integer({ min: 0, max: 0xffffffff }), { maxLength: 60 })
  .map((numbers) => Uint32Array.from(numbers).sort());

/** A text of numbered words, of which some are others. */
function words(count: number, changed: readonly number[] = []): string {
  return Array.from({ length: count }, (_, at) => changed.includes(at) ? `other${at}` : `word${at}`)
    .join(" ");
}

function signed(shingles: Uint32Array): ShingleSet {
  return { shingles, signature: minHash(shingles) };
}

/** The fingerprint of a conversation after it was stored and read again. */
function storedFingerprint(source: unknown) {
  const stored = JSON.stringify(packFingerprint(takeFingerprint(parse(source))));
  return unpackFingerprint(StoredFingerprint.parse(JSON.parse(stored)));
}

function duplicates(...texts: string[]) {
  return groupNearDuplicates(texts.map((text, index) => ({
    conversation_id: uuid(index + 1),
    fingerprint: storedFingerprint(
      enriched([pair(1, { current_user_input: "", target_response: text })]),
    ),
  })));
}

describe("shingleSet", () => {
  const set = (text: string) => [...shingleSet(textUnits(text))];

  test("ignores case, punctuation, width and ligatures", () => {
    expect(set("Ｔｈｅ oﬃce, it's open — today!")).toEqual(set("the OFFICE it s open today"));
  });

  test("has a shingle for each run of five words", () => {
    expect(set(words(12))).toHaveLength(8);
    expect(set("two words")).toHaveLength(1);
    expect(set(" … ")).toHaveLength(0);
  });

  test("cuts Chinese and Japanese into characters", () => {
    expect(set("理财规划师说：先存钱。")).toHaveLength(9 - 5 + 1);
  });

  test("never changes: stored shingles stay comparable", () => {
    const expected = [672706470, 805056623, 1789050669, 2665781112, 3332536212, 4040368304];

    expect(set("It's what — in all — I'd pay down first")).toEqual(expected);
    expect(set("Ｉt's what — in all — I'd pay down first")).toEqual(expected);
  });
});

describe("hashPlainWords", () => {
  const word = fc.stringMatching(/^[a-zA-Z0-9]{1,9}$/);
  const between = fc.constantFrom(..." \n\t'\"_-.,;:!?()/\u00a0‐‑‒–—―‘’‚‛“”„‟•…\0");

  test("comes to what the rule for all texts comes to", () => {
    fc.assert(fc.property(fc.array(fc.oneof(word, between)), (pieces) => {
      const text = pieces.join("");

      // A letter that is not plain, and that no shingle of the words before has in it.
      const { hashes } = textUnits(`${text} é`);

      expect(hashPlainWords(`${text} é`)).toBeNull();
      expect([...hashPlainWords(text)!]).toEqual([...hashes.slice(0, -1)]);
    }));
  });

  test("takes no character for plain that is a letter, or becomes one", () => {
    for (let unit = 0x80; unit < 0x10000; unit++) {
      const character = String.fromCharCode(unit);
      if (hashPlainWords(character) === null) continue;

      expect(character.normalize("NFKC").toLowerCase()).not.toMatch(/[\p{L}\p{M}\p{N}]/u);
    }
  });
});

describe("minHash", () => {
  test("estimates the Jaccard similarity within a tenth", () => {
    const shingles = (from: number, to: number) =>
      Uint32Array.from({ length: to - from }, (_, at) => Math.imul(from + at, 0x9e3779b1) >>> 0)
        .sort();
    const [a, b] = [shingles(0, 1000), shingles(200, 1200)];

    const [left, right] = [minHash(a), minHash(b)];

    const equal = left.filter((value, place) => value === right[place]).length / left.length;
    expect(Math.abs(equal - jaccard(a, b))).toBeLessThan(0.1);
  });

  test("never changes: stored signatures stay comparable", () => {
    expect([...minHash(Uint32Array.of(1, 2, 3)).slice(0, 3)]).toEqual([
      1814841633,
      941817869,
      3133182843,
    ]);
  });
});

describe("minHashOfUnion", () => {
  test("is the MinHash of the union", () => {
    fc.assert(fc.property(fc.array(sets, { maxLength: 4 }), (all) => {
      expect(minHashOfUnion(all.map(minHash))).toEqual(minHash(unionOf(all)));
    }));
  });
});

describe("packFingerprint", () => {
  test("keeps all of a fingerprint", () => {
    fc.assert(fc.property(soundConversation, (source) => {
      expect(storedFingerprint(source)).toEqual(takeFingerprint(parse(source)));
    }));
  });
});

describe("jaccard", () => {
  test("agrees with the definition on sets", () => {
    fc.assert(fc.property(sets, sets, (a, b) => {
      const union = new Set([...a, ...b]).size;
      const common = [...a].filter((value) => b.includes(value)).length;

      expect(jaccard(a, b)).toBe(common === 0 ? 0 : common / union);
    }));
  });
});

describe("encodeNumbers", () => {
  test("comes back as it went", () => {
    fc.assert(fc.property(sets, (numbers) => {
      expect(decodeNumbers(encodeNumbers(numbers))).toEqual(numbers);
    }));
  });
});

describe("nearDuplicateFinder", () => {
  test("confirms every match by exact Jaccard and misses almost none", () => {
    fc.assert(fc.property(fc.array(sets, { maxLength: 8 }), (items) => {
      const finder = nearDuplicateFinder();

      items.forEach((item, number) => {
        const match = finder.add(signed(item));
        const of = match && items[match.of];
        if (of) expect(jaccard(of, item)).toBe(match.similarity);
        if (of) expect(match.of).toBeLessThan(number);
        if (match) expect(match.similarity).toBeGreaterThanOrEqual(0.85);
        const isExact = items.slice(0, number).some((other) => jaccard(other, item) === 1);
        if (isExact) expect(match).not.toBeNull();
      });
    }));
  });

  test("finds nearly all pairs at 0.9 among unrelated items", () => {
    const finder = nearDuplicateFinder();
    let found = 0;
    for (let item = 0; item < 200; item++) {
      const own = Uint32Array.from(
        { length: 200 },
        (_, at) => Math.imul(item * 1000 + at, 0x9e3779b1) >>> 0,
      );
      const changed = own.with(0, item).with(1, item + 1_000_000);
      for (const [set, isCopy] of [[own.sort(), false], [changed.sort(), true]] as const) {
        const match = finder.add(signed(set));
        if (isCopy && match) found++;
        if (!isCopy) expect(match).toBeNull();
      }
    }

    expect(found).toBeGreaterThanOrEqual(198);
  });
});

describe("groupNearDuplicates", () => {
  test("finds a text with one word changed and leaves one with twenty changed", () => {
    const many = Array.from({ length: 20 }, (_, index) => index * 9);

    const { conversations } = duplicates(words(200), words(200, many), words(200, [50]));

    expect(conversations).toEqual([
      {
        conversation_id: uuid(3),
        duplicate_of: uuid(1),
        leader: uuid(1),
        similarity: expect.closeTo(0.95, 1),
      },
    ]);
  });

  test("gives a chain of near-duplicates the leader of its first", () => {
    const { conversations } = duplicates(
      words(100),
      words(100, [5]),
      words(100, [5, 50]),
      words(100, [5, 50, 95]),
    );

    expect(conversations.map(({ leader }) => leader)).toEqual([uuid(1), uuid(1), uuid(1)]);
  });

  test("never changes the group of what is there when texts are added", () => {
    const texts = fc.array(
      fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 6 }).map((at) => words(60, at)),
      { minLength: 2, maxLength: 8 },
    );

    fc.assert(fc.property(texts, (all) => {
      const before = duplicates(...all.slice(0, -1)).conversations;

      expect(duplicates(...all).conversations.slice(0, before.length)).toEqual(before);
    }));
  });

  test("compares replies apart from conversations, and skips those under eight words", () => {
    const talk = (question: string, answer: string) =>
      enriched([pair(1, { current_user_input: question, target_response: answer })]);
    const sources = [
      talk(words(40), "Thank you for the kind words, see you soon."),
      talk(words(40, [1, 9, 17, 25, 33]), "Thank you for the kind words! See you soon."),
      talk("short", "You are welcome."),
      talk("brief", "You are welcome."),
    ];

    const found = groupNearDuplicates(sources.map((source, index) => ({
      conversation_id: uuid(index + 1),
      fingerprint: takeFingerprint(parse(source)),
    })));

    expect(found.conversations).toEqual([]);
    expect(found.replies).toEqual([
      {
        conversation_id: uuid(2),
        pair_index: 0,
        pair_id: "turn1",
        duplicate_of: { conversation_id: uuid(1), pair_id: "turn1" },
        similarity: 1,
      },
    ]);
  });

  test("leaves a text at 0.81, though its hashes make it a candidate", () => {
    expect(duplicates(words(200), words(200, [20, 60, 100, 140])).conversations).toEqual([]);
    expect(duplicates(words(200), words(200, [20, 60, 100])).conversations).toHaveLength(1);
  });
});

describe("nearDuplicateFinder on a flood", () => {
  test("takes ten thousand equal items without comparing each with each", () => {
    const finder = nearDuplicateFinder();
    const set = signed(Uint32Array.of(1, 2, 3));
    const started = performance.now();

    const matches = Array.from({ length: 10_000 }, () => finder.add(set));

    expect(matches.filter((match) => match !== null)).toHaveLength(9999);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
