import { cleanText } from "../conversation/clean-text.ts";
import { countTurns } from "../conversation/count-turns.ts";
import type { EnrichedConversation } from "../conversation/enriched-conversation.ts";
import { formatPath } from "../conversation/json-path.ts";
import type { ParsedConversation } from "../conversation/parse-conversation.ts";
import { readScaffolding } from "../conversation/read-scaffolding.ts";
import { canonicalJson } from "../canonical-json.ts";
import { renderLines } from "../native/native-texts.ts";
import { renderConversationFrame } from "../native/render-conversation.ts";
import { checkMetadata } from "../normalise/check-metadata.ts";
import { inspectPairs } from "../normalise/inspect-pairs.ts";
import { normaliseConversation } from "../normalise/normalise-conversation.ts";
import { type Problem, problem } from "../report/problem.ts";
import { sha256Text } from "../sha256-text.ts";
import { utf8Size } from "../utf8-size.ts";
import { scoreStats } from "./score-stats.ts";
import { type Snapshot, SNAPSHOT_SCHEMA } from "./snapshot.ts";
import { tokenCounts } from "./token-counts.ts";

/** Stands in for any conversation id: all uuids are 36 bytes long. */
const ANY_ID = "00000000-0000-0000-0000-000000000000";

/** Bytes that the pairs of a conversation take in the native files. */
export interface PairSizes {
  readonly json: number;
  readonly jsonl: number;
}

/**
 * Computes the snapshot of a conversation; the same for the same bytes everywhere. `sizes` are those
 * under any uuid, where the caller has rendered the pairs.
 */
export function takeSnapshot(
  conversation: ParsedConversation,
  sizes = measurePairs(conversation),
): Snapshot {
  const { data } = conversation;
  const reading = readScaffolding(data);
  const { rows, problems } = normaliseConversation(data);
  const cache = new Map<string, number>();
  const found = [
    ...flawProblems(conversation),
    ...problems,
    ...checkMetadata(data, reading),
    ...inspectPairs(conversation),
  ];
  const snapshot = {
    schema: SNAPSHOT_SCHEMA,
    sha256: conversation.sha256,
    byte_length: conversation.byteLength,
    counts: {
      pairs: data.training_pairs.length,
      target_pairs: data.training_pairs.length - contextPairs(data).length,
      turns: countTurns(data),
    },
    context_pairs: contextPairs(data),
    rows: { pair: rows.pair.length, conversation: rows.conversation.length },
    tokens: {
      pair: tokenCounts(rows.pair, cache),
      conversation: tokenCounts(rows.conversation, cache),
    },
    scores: scoreStats(data.training_pairs),
    is_human_reviewed: data.training_pairs.every((pair) => isReviewed(pair.training_metadata)),
    created_date: dateOf(data.dataset_metadata?.created_date),
    vertical: data.dataset_metadata?.vertical ? cleanText(data.dataset_metadata.vertical) : null,
    scaffolding: reading.scaffolding,
    consultant_profile: conversation.consultantProfile,
    consultant_profile_sha256: conversation.consultantProfile &&
      sha256Text(canonicalJson(data.consultant_profile)),
    sizes: { json: 0, jsonl: 0 },
    problems: found.sort(byPair),
  } satisfies Snapshot;
  return { ...snapshot, sizes: sizesOf(sizes, snapshot) };
}

function contextPairs(data: EnrichedConversation): number[] {
  return data.training_pairs.flatMap((pair, index) => pair.target_response === null ? [index] : []);
}

function isReviewed(metadata: { human_reviewed?: boolean | null } | null | undefined): boolean {
  return metadata?.human_reviewed === true;
}

function dateOf(text: string | null | undefined): string | null {
  return /^\d{4}-\d{2}-\d{2}/.exec(text ?? "")?.[0] ?? null;
}

/** A flaw in a text that is trained on excludes the pair already; this says where each one is. */
function flawProblems({ flaws, data }: ParsedConversation): Problem[] {
  return flaws.map(({ path, kind }) => {
    const index = path[0] === "training_pairs" && typeof path[1] === "number" ? path[1] : null;
    const pairId = index === null ? null : data.training_pairs[index]?.id ?? null;
    const message = `${formatPath(path)} holds a ${kind}`;
    return problem("E01", message, { pair_index: index, pair_id: pairId });
  });
}

function byPair(a: Problem, b: Problem): number {
  return (a.pair_index ?? -1) - (b.pair_index ?? -1);
}

function measurePairs(conversation: ParsedConversation): PairSizes {
  const lines = renderLines(ANY_ID, conversation);
  return {
    json: utf8Size(JSON.stringify(conversation.pairs)),
    jsonl: lines.reduce((sum, line) => sum + utf8Size(line), 0),
  };
}

function sizesOf(pairs: PairSizes, snapshot: Snapshot): Snapshot["sizes"] {
  const { head, tail } = renderConversationFrame({ conversation_id: ANY_ID, snapshot });
  return { json: utf8Size(head) + pairs.json + tail.length, jsonl: pairs.jsonl };
}
