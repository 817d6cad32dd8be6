import { expect, it } from '@jest/globals';
import { leftOfFiles, leftOfReaders, leftOnView } from './leaving-clients.js';

const CLIENTS = Math.max(1000, 10 * Number(process.env.FUZZ_RUNS ?? 100));

it('a thousand clients that leave, leave nothing behind', async () => {
  expect(await leftOnView(CLIENTS)).toEqual({ waits: 0, subscriptions: 0, demands: 0 });
  expect(await leftOfReaders(CLIENTS)).toEqual({ readers: 0, demands: 0 });
  expect(await leftOfFiles(CLIENTS)).toEqual([]);
}, 300_000);
