import fc from "fast-check";
import { enriched, type Pair, pair } from "./conversations.ts";

/** Text with something to say: any graphemes, no lone surrogate, no NUL. */
export const spoken = fc
  .string({ unit: "grapheme", minLength: 1, maxLength: 40 })
  .map((text) => `${text.replaceAll("\0", "")} word`);

/** Any string that JSON can carry, lone surrogates and NULs included. */
const wild = fc.string({ unit: "binary", maxLength: 20 });

const score = fc.integer({ min: 10, max: 50 }).map((tenths) => tenths / 10);

const metadata = fc.record({
  quality_score: fc.option(score, { nil: undefined }),
  human_reviewed: fc.boolean(),
  use_as_seed_example: fc.boolean(),
});

const extra = fc.dictionary(
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }).map((key) => `x_${key}`),
  fc.jsonValue({ maxDepth: 2 }),
  { maxKeys: 3 },
);

const exchange = fc.record({ input: spoken, reply: spoken, metadata, extra });

/** The three shapes that files have: seed 004's, real v4 files', and one that ends in a question. */
const shape = fc.constantFrom("seed", "repeating", "open end");

/** A sound conversation of one to five exchanges. */
export const soundConversation = fc
  .record({
    shape,
    exchanges: fc.array(exchange, { minLength: 1, maxLength: 5 }),
    persona: fc.option(fc.constantFrom("planner", "optimist", "__proto__"), { nil: undefined }),
    system: fc.option(spoken, { nil: null }),
  })
  .map(({ shape, exchanges, persona, system }) => {
    const history: { role: string; content: string }[] = [];
    const pairs = exchanges.flatMap(({ input, reply, metadata, extra }, index): Pair[] => {
      const before = [...history];
      history.push({ role: "user", content: input }, { role: "assistant", content: reply });
      const fields = {
        ...extra,
        system_prompt: system,
        current_user_input: input,
        training_metadata: metadata,
        target_response: reply,
      };
      const repeat = { role: "user", content: input };
      if (shape !== "repeating") {
        return [pair(index + 1, { ...fields, conversation_history: before })];
      }
      return [
        pair(2 * index + 1, { ...fields, conversation_history: before, target_response: null }),
        pair(2 * index + 2, { ...fields, conversation_history: [...before, repeat] }),
      ];
    });
    const last = pairs.at(-1);
    if (shape === "open end" && pairs.length > 1 && last) last["target_response"] = null;
    return enriched(pairs, { input_parameters: { persona_key: persona } });
  });

/** A conversation that the schema accepts and that may break every other rule. */
export const brokenConversation = fc
  .array(
    fc.record({
      id: fc.constantFrom("a", "b", "c"),
      turn_number: fc.constantFrom(1, 2, 3, -1, 0.5),
      system_prompt: fc.constantFrom("Be kind.", "Be brief.", "", null),
      conversation_history: fc.array(
        fc.record({
          role: fc.constantFrom("user", "assistant", "system", "tool"),
          content: fc.oneof(fc.constantFrom("hello", "hi", "", " "), wild),
        }),
        { maxLength: 4 },
      ),
      current_user_input: fc.oneof(fc.constantFrom("hello", "hi", " ", null), wild),
      target_response: fc.oneof(fc.constantFrom("yes", "no", "", null), wild),
      training_metadata: fc.record({ quality_score: fc.constantFrom(1, 3.5, 9, null) }),
    }),
    { minLength: 1, maxLength: 6 },
  )
  .map((pairs) => enriched(pairs, { input_parameters: {} }));
