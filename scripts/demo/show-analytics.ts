import type { Analytics } from "../../shared/training-files/analytics/analytics.ts";
import { bar, type Narrator } from "./narrate.ts";
import { type DemoUser, get } from "./sign-up.ts";
import type { TrainingFile } from "./training-file.ts";

/** Shows how a file is balanced, how good and how long its conversations are. */
export async function showAnalytics(
  narrator: Narrator,
  user: DemoUser,
  file: TrainingFile,
): Promise<void> {
  const { analytics } = await get<{ analytics: Analytics }>(
    user,
    `training-files/${file.id}/analytics`,
  );
  const { balance, quality, tokens } = analytics;
  const tables = [
    ["persona", balance.persona],
    ["emotional arc", balance.emotional_arc],
    ["training topic", balance.training_topic],
  ] as const;
  for (const [title, { shares, entropy }] of tables) {
    console.log(`\n          ${title} (entropy ${entropy.toFixed(2)})`);
    for (const { key, count, share } of shares) printRow(key, share, String(count));
  }
  console.log(`\n          quality (mean ${quality.avg}, ${quality.min} to ${quality.max})`);
  for (const { from, to, count } of quality.histogram) {
    printRow(
      `${from.toFixed(1)} – ${to.toFixed(1)}`,
      count / analytics.conversation_count,
      `${count}`,
    );
  }
  const { total } = tokens.per_conversation;
  console.log(`\n          tokens a conversation (${tokens.encoding})`);
  for (const [name, count] of Object.entries(total)) {
    printRow(name, count / Math.max(1, total.max), String(count));
  }
  console.log();
  const counted = balance.persona.shares.reduce((sum, { count }) => sum + count, 0);
  narrator.check(
    counted === file.conversation_count && balance.persona.shares.length === 3 &&
      balance.emotional_arc.shares.length === 3 && balance.training_topic.shares.length === 4,
    "three personas, three arcs, four topics; every conversation is counted",
  );
}

function printRow(label: string, share: number, value: string): void {
  console.log(`          ${label.padEnd(28)} ${bar(share)} ${value.padStart(5)}`);
}
