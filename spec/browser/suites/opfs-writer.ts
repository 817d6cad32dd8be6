import { openOpfs, type OpfsResource } from '../../../lib/browser.js';

/**
 * A worker that looks at what is left of a path, and goes on writing until it is killed; bytes of
 * it are evicted on the way.
 */

const PATH = 'killed';
const SIZE = 6 * 2 ** 20;
const LONGEST_PIECE = 300_000;

/** What was found. */
export interface Found {
  readonly from: string;
  readonly coveredBytes: number;
  /** What is wrong with it. */
  readonly problem?: string;
}

function byteAt(at: number): number {
  return (at * 31 + (at >> 8) * 7 + (at >> 16) * 13) & 0xff;
}

function problemOf(resource: OpfsResource): string | undefined {
  const { origin, coverage, expectedLength, status } = resource;
  if (origin.refused !== undefined) return origin.refused.message;
  if (status.state === 'committed' && status.finalLength !== SIZE) return `${status.finalLength} bytes are committed`;
  if (origin.from !== 'new' && expectedLength !== SIZE) return `the total is ${expectedLength ?? 'unknown'}`;
  for (const { start, end } of coverage) {
    const bytes = new Uint8Array(end - start);
    if (resource.readAt(start, bytes) < bytes.length) return `not all of [${start}, ${end}) can be read`;
    const wrong = bytes.findIndex((byte, index) => byte !== byteAt(start + index));
    if (wrong >= 0) return `byte ${start + wrong} was never written`;
  }
  return undefined;
}

function write(resource: OpfsResource, start: number): void {
  const end = Math.min(SIZE, start + 1 + Math.floor(Math.random() * LONGEST_PIECE));
  resource.writeAt(
    start,
    Uint8Array.from({ length: end - start }, (_, index) => byteAt(start + index)),
  );
}

async function run(): Promise<void> {
  let resource = await openOpfs({ path: PATH, expectedLength: SIZE, checkpoint: { bytes: 500_000 }, wait: true });
  const { from } = resource.origin;
  postMessage({ from, coveredBytes: resource.coveredBytes, problem: problemOf(resource) } satisfies Found);
  for (let step = 1; ; step += 1) {
    if (resource.status.state === 'committed') {
      // From the start, in the same files or in others.
      if (step % 2 === 0) resource.reactivate();
      else {
        resource.discard({ committed: true });
        resource = await openOpfs({ path: PATH, expectedLength: SIZE, checkpoint: { bytes: 500_000 } });
      }
      resource.expectedLength = SIZE;
    }
    const at = Math.floor(Math.random() * SIZE);
    if (step % 3 === 0) resource.evict({ start: at, end: at + LONGEST_PIECE });
    else write(resource, resource.nextGap(at)?.start ?? resource.nextGap(0)?.start ?? at);
    if (step % 7 === 0) await resource.checkpoint();
    if (step % 100 === 0) {
      for (let gap = resource.nextGap(0); gap !== undefined; gap = resource.nextGap(0)) write(resource, gap.start);
      resource.commit();
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

void run();
