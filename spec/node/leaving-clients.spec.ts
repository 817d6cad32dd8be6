import { describe, expect, it } from '@jest/globals';
import { leftOfFiles, leftOfReaders, leftOnView } from './leaving-clients.js';

const CLIENTS = 100;

describe('clients that ask for everything behind a byte and leave after 64 KiB, or while they wait', () => {
  it('leave no wait, no subscription, no demand and no socket', async () => {
    expect(await leftOnView(CLIENTS)).toEqual({ waits: 0, subscriptions: 0, demands: 0 });
  });

  it('leave no reader, where each has one of its own that is served with close', async () => {
    expect(await leftOfReaders(CLIENTS)).toEqual({ readers: 0, demands: 0 });
  });

  it('leave no open file, where each request opens it and is served with close', async () => {
    expect(await leftOfFiles(CLIENTS)).toEqual([]);
  });
});
