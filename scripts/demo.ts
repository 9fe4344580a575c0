import { demoDrawings } from "./demo/drawings.ts";
import { Narrator } from "./demo/narrate.ts";
import { startStackProcess } from "./demo/stack-process.ts";
import { demoTrainingFiles } from "./demo/training-files.ts";
import { demoTrainingLibrary } from "./demo/training-library.ts";

const help = `Usage: npm run demo

The main jobs on real input, from start to end, on a stack that keeps nothing, over HTTP as a
browser would do it: the documents in samples/documents are uploaded, trained and searched; the
conversations in samples/conversations become a training file, which is downloaded in all nine
formats through signed URLs and checked; the drawings in samples/drawings become crops, which are
read by themselves and found beside the documents.
Writes what was found to demo-output/answers.json and the files to demo-output/training-files/. Exits with 0 only if all of it worked.`;

if (Deno.args.includes("--help")) {
  console.log(help);
  Deno.exit(0);
}

const output = new URL("../demo-output/", import.meta.url);
const narrator = new Narrator();
narrator.say("starting a local stack");
await Deno.mkdir(output, { recursive: true });
const stack = await startStackProcess();
try {
  narrator.say(`ready at ${stack.endpoint.url}`);
  const { user, answers } = await demoTrainingLibrary(narrator, stack.endpoint);
  await Deno.writeTextFile(new URL("answers.json", output), JSON.stringify(answers, null, 2));
  await demoTrainingFiles(narrator, stack.endpoint, new URL("training-files/", output));
  await demoDrawings(narrator, user);
  narrator.chapter("Result");
  narrator.say("written to demo-output/answers.json and demo-output/training-files/");
} catch (error) {
  console.error(error);
  narrator.failures.push(String(error));
} finally {
  await stack.stop();
}
narrator.say(
  narrator.failures.length === 0
    ? "everything worked"
    : `${narrator.failures.length} things did not work:\n${narrator.failures.join("\n")}`,
);
Deno.exit(narrator.failures.length === 0 ? 0 : 1);
