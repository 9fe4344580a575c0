import { cleanText } from "./clean-text.ts";
import type { EnrichedConversation } from "./enriched-conversation.ts";

/** The scaffolding of one conversation, with the keys of seed 001; null is "the file lacks it". */
export type Scaffolding = Record<ScaffoldingField, string | null>;

type ScaffoldingField =
  | "persona_key"
  | "persona_name"
  | "emotional_arc_key"
  | "emotional_arc"
  | "training_topic_key"
  | "training_topic";

/** The scaffolding, and what is wrong with it. */
export interface ScaffoldingReading {
  readonly scaffolding: Scaffolding;
  /** Keys (not names) that no place has. */
  readonly missing: readonly string[];
  /** One sentence for each key that two places give differently. */
  readonly disagreements: readonly string[];
}

/** Field of seed 001, its name in `input_parameters`, its name in `conversation_metadata`. */
const FIELDS: readonly [ScaffoldingField, string, string][] = [
  ["persona_key", "persona_key", "persona_archetype"],
  ["persona_name", "persona_name", "client_persona"],
  ["emotional_arc_key", "emotional_arc_key", "emotional_arc_key"],
  ["emotional_arc", "emotional_arc_name", "emotional_arc"],
  ["training_topic_key", "training_topic_key", "training_topic_key"],
  ["training_topic", "training_topic_name", "training_topic"],
];

/**
 * Reads `input_parameters` first, then the pairs' `conversation_metadata` in order. Only
 * non-empty strings count: an object where a name should be is a missing name.
 */
export function readScaffolding(data: EnrichedConversation): ScaffoldingReading {
  const scaffolding = emptyScaffolding();
  const missing: string[] = [];
  const disagreements: string[] = [];
  for (const [field, inParameters, inPair] of FIELDS) {
    const values = [
      textAt(data.input_parameters, inParameters),
      ...data.training_pairs.map((pair) => textAt(pair.conversation_metadata, inPair)),
    ].filter((value) => value !== null);
    const first = values[0] && nameOf(values[0]);
    scaffolding[field] = first ?? null;
    if (!field.endsWith("_key")) continue;
    // Most are equal, and not worth cleaning.
    const other = values.filter((value) => value !== values[0]).map(nameOf)
      .find((value) => value !== first);
    if (first === undefined) missing.push(field);
    if (other !== undefined) disagreements.push(`${field} is '${first}' and '${other}'`);
  }
  return { scaffolding, missing, disagreements };
}

function emptyScaffolding(): Scaffolding {
  return {
    persona_key: null,
    persona_name: null,
    emotional_arc_key: null,
    emotional_arc: null,
    training_topic_key: null,
    training_topic: null,
  };
}

function textAt(holder: Record<string, unknown> | null | undefined, key: string): string | null {
  const value = holder && Object.hasOwn(holder, key) ? holder[key] : null;
  return typeof value === "string" && value.trim() !== "" ? value : null;
}

function nameOf(text: string): string {
  return cleanText(text, 200);
}
