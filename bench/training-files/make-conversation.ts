const personas = ["anxious_planner", "overwhelmed_avoider", "pragmatic_optimist"];
const arcs = ["confusion_to_clarity", "fear_to_confidence", "shame_to_acceptance"];
const topics = ["debt_consolidation", "estate_planning_basics", "mortgage_payoff_strategy"];

/**
 * An enriched conversation of about so many bytes, the same for the same number: each pair repeats
 * all before it in its history, as real files do.
 */
export function makeConversation(number: number, bytes: number): Uint8Array<ArrayBuffer> {
  const next = random(number);
  const pairCount = bytes < 8000 ? 2 : 8;
  const textCount = 2 * pairCount + pairCount ** 2;
  const wordCount = Math.max(5, Math.round((bytes - 600 - pairCount * 590) / textCount / 7.55));
  const text = () => Array.from({ length: wordCount }, () => word(next())).join(" ");
  const history: { role: string; content: string }[] = [];
  const training_pairs = Array.from({ length: pairCount }, (_, index) => {
    const current_user_input = text();
    const target_response = text();
    history.push({ role: "user", content: current_user_input });
    const pair = {
      id: `bench_${number}_turn${index + 1}`,
      conversation_id: `bench_${number}`,
      turn_number: index + 1,
      conversation_metadata: { client_persona: "Bench", session_context: "made for the bench" },
      system_prompt: "You are Elena Morales, CFP. You listen before you calculate.",
      conversation_history: [...history],
      current_user_input,
      emotional_context: { detected_emotions: { primary: "worry", intensity: 0.6 } },
      target_response,
      training_metadata: { quality_score: 3 + next() % 5 / 2, human_reviewed: false },
    };
    history.push({ role: "assistant", content: target_response });
    return pair;
  });
  const persona_key = personas[number % 3]!;
  const emotional_arc_key = arcs[Math.floor(number / 3) % 3]!;
  const training_topic_key = topics[Math.floor(number / 9) % 3]!;
  return new TextEncoder().encode(JSON.stringify({
    dataset_metadata: { created_date: "2025-12-01", vertical: "financial_planning_consultant" },
    consultant_profile: { name: "Elena Morales, CFP", business: "Pathways Financial Planning" },
    input_parameters: {
      persona_key,
      persona_name: persona_key,
      emotional_arc_key,
      emotional_arc_name: emotional_arc_key,
      training_topic_key,
      training_topic_name: training_topic_key,
    },
    training_pairs,
  }));
}

function word(value: number): string {
  const syllables = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu"];
  const length = 2 + value % 3;
  let rest = value >>> 3;
  let result = "";
  for (let place = 0; place < length; place++, rest = Math.floor(rest / 10)) {
    result += syllables[rest % 10];
  }
  return result;
}

/** splitmix32. */
function random(seed: number): () => number {
  let state = Math.imul(seed + 1, 0x9e3779b1);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    let value = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    value = Math.imul(value ^ (value >>> 15), 0x735a2d97);
    return (value ^ (value >>> 15)) >>> 0;
  };
}
