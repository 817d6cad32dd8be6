import { expect } from '@jest/globals';

/** `FUZZ_RUNS` is 100 unless somebody wants more, or fewer. */
export const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);

/**
 * `X.stress.spec.ts` is long, for `npm run test:stress`; `X.spec.ts` imports it, and so has the
 * same tests in a few rounds, for `npm test`.
 */
export const isStress = /\.stress\.spec\.[jt]s$/.test(expect.getState().testPath ?? '');

/**
 * How often to do something: `many` times in a stress test, and more or fewer if `FUZZ_RUNS` says
 * so; elsewhere only a `few`.
 */
export function rounds(many: number, few: number): number {
  return isStress ? Math.ceil((many * FUZZ_RUNS) / 100) : few;
}
