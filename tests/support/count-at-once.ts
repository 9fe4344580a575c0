import { aReading, openAiAnswer, type VisionServer } from "./vision-server.ts";
import { until } from "./until.ts";

/**
 * Has the provider read crops after a while, and counts how many it was reading at once. The first
 * are kept until so many of them have come, however long a busy machine takes to send them.
 */
export function countAtOnce(
  vision: VisionServer,
  milliseconds: number,
  atLeast = 1,
): { most: number } {
  const seen = { most: 0 };
  let open = 0;
  vision.answer = async () => {
    seen.most = Math.max(seen.most, ++open);
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    await until(`${atLeast} crops at once`, () => seen.most >= atLeast, { seconds: 10 });
    open--;
    return openAiAnswer(JSON.stringify(aReading));
  };
  return seen;
}
