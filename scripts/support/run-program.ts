/** Runs a program to its end; resolves with what it printed. Throws with that when it fails. */
export async function runProgram(
  program: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ stdout: string; stderr: string }> {
  const output = await new Deno.Command(program, { args, env }).output();
  const decoder = new TextDecoder();
  const stdout = decoder.decode(output.stdout);
  const stderr = decoder.decode(output.stderr);
  if (!output.success) throw new Error(`${program} failed: ${stderr}${stdout}`);
  return { stdout, stderr };
}
