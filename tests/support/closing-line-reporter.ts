import type { Reporter, TestModule } from "vitest/node";

/** Prints the line that CI reads, last of all: `N passed, N failed`. */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    let passed = 0;
    let failed = errors.length;
    for (const module of modules) {
      // A file that could not be loaded has no tests to count.
      if (module.errors().length > 0) failed++;
      for (const test of module.children.allTests()) {
        if (test.result().state === "passed") passed++;
        else if (test.result().state === "failed") failed++;
      }
    }
    globalThis.addEventListener("unload", () => {
      console.log(`${passed} passed, ${failed} failed`);
      // Under Deno vitest's own exit code is lost on the way.
      if (failed > 0 || passed === 0) Deno.exitCode = 1;
    });
  }
}
