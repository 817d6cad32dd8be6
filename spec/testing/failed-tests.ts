import type { ConformanceRunner } from 'tidemark/testing';

/** Runs the tests that a kit defines; returns the names of those that fail. */
export async function failedTests(define: (runner: ConformanceRunner) => void): Promise<string[]> {
  const tests: [string, () => void | Promise<void>][] = [];
  define({
    describe: (_name, defineGroup) => {
      defineGroup();
    },
    it: (name, test) => tests.push([name, test]),
  });
  const failed: string[] = [];
  for (const [name, test] of tests) {
    try {
      await test();
    } catch {
      failed.push(name);
    }
  }
  return failed;
}
