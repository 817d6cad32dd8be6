import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MemDriver, Resource } from 'tidemark';
import { complete, expectCommitted, makeContent, md5 } from '../../fixtures.js';
import { answerTo, any, evident, type Twist } from './honest-content.js';
import { codeOf } from '../../../support/code-of.js';

const RUNS = Number(process.env.FUZZ_RUNS ?? 1);
const content = makeContent(20_000);

/** What is done to one answer after the other; then nothing more. */
const answers = (twist: fc.Arbitrary<Twist>): fc.Arbitrary<Twist[][]> =>
  fc.array(fc.array(twist, { maxLength: 3 }), { maxLength: 12 });

interface Played {
  readonly ended: string;
  readonly resource: Resource;
}

/** Downloads the content through what is done to the answers. */
async function play(twists: readonly Twist[][], hides: boolean, chunkSize: number, retries = 3): Promise<Played> {
  const resource = Resource.open(new MemDriver());
  let number = 0;
  const fetch: typeof globalThis.fetch = (_, init) =>
    Promise.resolve(answerTo(content, new Headers(init?.headers), twists[number++] ?? [], hides));
  // The first answer has nothing to be compared with.
  const accept = ({ headers }: { headers: Headers }): boolean => headers.get('content-type') !== 'text/html';
  const options = { fetch, accept, chunkSize, retry: { count: retries, delay: 0 } };
  const code = await codeOf(complete(resource, 'http://127.0.0.1/', options));
  return { ended: code ?? 'complete', resource };
}

describe('whatever is done to the answers about one content', () => {
  it('what is committed is that content, and what ends otherwise says so', async () => {
    const size = fc.integer({ min: 1000, max: 30_000 });
    await fc.assert(
      fc.asyncProperty(answers(any), fc.boolean(), size, async (twists, hides, chunkSize) => {
        const { ended, resource } = await play(twists, hides, chunkSize);
        expect(['complete', 'HTTP', 'CHANGED']).toContain(ended);
        const committed = resource.status.state === 'committed' ? md5(resource.readAll()) : undefined;
        expect(committed).toBe(ended === 'complete' ? md5(content) : undefined);
        resource.close();
      }),
      { numRuns: 300 * RUNS },
    );
  });

  it('what is evident is taken as meant', async () => {
    const size = fc.integer({ min: 1000, max: 30_000 });
    await fc.assert(
      fc.asyncProperty(answers(evident), fc.boolean(), size, async (twists, hides, chunkSize) => {
        const { ended, resource } = await play(twists, hides, chunkSize);
        expect(ended).toBe('complete');
        expectCommitted(resource, content);
        resource.close();
      }),
      { numRuns: 300 * RUNS },
    );
  });
});
