import { describe, expect, it } from '@jest/globals';
import { MemDriver, Resource } from 'tidemark';
import { mirror } from '../../../examples/progress-page/src/mirror.js';

const bytes = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251);

function open(): { content: Resource; copy: Resource } {
  const content = Resource.open(new MemDriver());
  return { content, copy: Resource.open(new MemDriver()) };
}

/** A few turns of the event loop. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('a mirror', () => {
  it('copies all that is there, and what comes, and is committed with its content', async () => {
    const { content, copy } = open();
    content.writeAt(100_000, bytes.subarray(100_000, 200_000));
    mirror(content, copy);
    await turns();
    expect(copy.coverage.toArray()).toEqual([{ start: 100_000, end: 200_000 }]);
    content.expectedLength = bytes.length;
    content.writeAt(0, bytes.subarray(0, 100_000));
    await turns();
    expect(copy.expectedLength).toBe(bytes.length);
    content.writeAt(200_000, bytes.subarray(200_000));
    content.commit();
    await turns();
    expect(copy.status.state).toBe('committed');
    expect(Buffer.compare(copy.readAll(), bytes)).toBe(0);
  });

  it('asks for what its reader waits for, until when, and no longer; for nothing by itself', async () => {
    const { content, copy } = open();
    mirror(content, copy);
    await turns();
    const { demand$ } = content;
    let demands: unknown[] = [];
    demand$.subscribe((now) => (demands = now.map(({ range, neededBy }) => ({ range, neededBy }))));
    expect(demands).toEqual([]);
    const range = { start: 50_000, end: 50_010 };
    const wait = copy.waitRange(range, { neededBy: 123 }).subscribe();
    await turns();
    expect(demands).toEqual([{ range, neededBy: 123 }]);
    wait.unsubscribe();
    await turns();
    expect(demands).toEqual([]);
  });

  it('brings first what is waited for', async () => {
    const { content, copy } = open();
    content.writeAt(0, bytes);
    const order: number[] = [];
    copy.waitRange({ start: 200_000, end: 200_001 }).subscribe({ complete: () => order.push(copy.coveredBytes) });
    await turns();
    mirror(content, copy);
    await turns();
    expect(order[0]).toBeLessThanOrEqual(65_536);
    expect(copy.coveredBytes).toBe(bytes.length);
  });

  it('fails when its content has ended, so that nobody waits for the rest', async () => {
    const { content, copy } = open();
    mirror(content, copy);
    content.close();
    await turns();
    expect(copy.status.state).toBe('failed');
  });

  it('copies nothing any more once unsubscribed', async () => {
    const { content, copy } = open();
    mirror(content, copy).unsubscribe();
    content.writeAt(0, bytes);
    await turns();
    expect(copy.coveredBytes).toBe(0);
  });
});
