import { parseArgs, type ParseArgsConfig } from "node:util";
import { failUsage } from "./fail-usage.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/**
 * The options and arguments that a script was called with. Ends the script with its help: with
 * status 0 for `--help`, which every script has, with 2 for what it does not take.
 */
export function readCommandLine<const O extends Options>(
  help: string,
  options: O,
  { args = Deno.args, takesArguments = false } = {},
) {
  const { values, positionals } = parse(help, options, { args, takesArguments });
  if ((values as { help?: boolean }).help) {
    console.log(help);
    Deno.exit(0);
  }
  return { values, positionals };
}

function parse<O extends Options>(
  help: string,
  options: O,
  { args, takesArguments }: { args: string[]; takesArguments: boolean },
) {
  try {
    return parseArgs({
      args,
      allowPositionals: takesArguments,
      options: { ...options, help: { type: "boolean", default: false } as const },
    });
  } catch (error) {
    return failUsage(help, (error as Error).message);
  }
}
