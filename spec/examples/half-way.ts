import { expect } from '@jest/globals';
import type { ByteRange } from 'tidemark';
import { TestServer } from '../http/test-server.js';
import { type Running, song, start } from './main-job-command.js';

/**
 * Just as many bytes as make it print 41%; ends in the middle of a request, far from either end.
 */
export const HALF_WAY = Math.ceil(song.length * 0.41);
const AT_HALF_WAY = /41% in .*, waits for byte [1-9]/;

/** A server that stalls half-way, and a job that has got all of that and waits for more. */
export async function startHalf(to: string): Promise<{ server: TestServer; job: Running }> {
  const server = await TestServer.start(song, '"1"');
  server.budget = HALF_WAY;
  const job = start(server.url, '--to', to);
  await job.printed(AT_HALF_WAY);
  return { server, job };
}

/** The same, stopped by Ctrl-C; from then on the server sends all that is asked for. */
export async function stopHalf(to: string): Promise<TestServer> {
  const { server, job } = await startHalf(to);
  job.child.kill('SIGINT');
  expect(await job.end).toMatchObject({ code: 130, signal: null });
  server.budget = Infinity;
  server.exchanges = [];
  return server;
}

/** What the server was asked for, in this order. */
export function askedRanges(server: TestServer): ByteRange[] {
  return server.asked.map((range) => range ?? { start: 0, end: Infinity });
}
