import { describe, expect, it } from '@jest/globals';
import { MemDriver, Resource } from '../../../lib/index.js';

/**
 * Chromium gives all the array buffers of a process 1 TB of addresses: each resource in shared
 * memory reserves some of them.
 */

/** Opens until `count` are open or it fails; answers how many there were, and the error. */
function openMany(count: number, options?: { shared?: boolean }): { opened: number; error?: unknown } {
  const opened: Resource[] = [];
  try {
    while (opened.length < count) opened.push(Resource.open(new MemDriver(options)));
    return { opened: count };
  } catch (error) {
    return { opened: opened.length, error };
  } finally {
    for (const resource of opened) resource.close();
  }
}

describe('memory in a browser', () => {
  it('has room for 300 resources at once, and says so when there is no more', () => {
    const { opened, error } = openMany(10_000);
    expect(opened).toBeGreaterThan(300);
    expect(error).toMatchObject({
      code: 'CAPACITY',
      message: expect.stringMatching(/smaller `capacity`.*`shared: false`/),
    });
  });

  it('has room for 10,000 that are not shared', () => {
    expect(openMany(10_000, { shared: false })).toEqual({ opened: 10_000 });
  });

  it('is given back by resources that are closed, once the event loop runs', async () => {
    for (let i = 0; i < 2000; i += 1) {
      const resource = Resource.open(new MemDriver());
      resource.writeAt(0, new Uint8Array(10));
      resource.close();
      await new Promise<void>((resolve) => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve();
        port2.postMessage(0);
      });
    }
    expect(Resource.open(new MemDriver()).status.state).toBe('active');
  });
});
