import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect } from '@jest/globals';
import { makeContent, md5 } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { type ProxyOptions, RunningProxy } from './proxy-command.js';

/** A song on a server, and the caching proxy before it, anew for each test. */

export const content = makeContent(3_000_000);

export let folder: string;
export let origin: TestServer;
export let proxy: RunningProxy;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-proxy-'));
  origin = await TestServer.start(content, '"v1"');
  proxy = await RunningProxy.start(origin.origin, folder);
});

afterEach(async () => {
  await proxy.stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Stops it by a signal, and starts it on the same folder. */
export async function restart(signal: NodeJS.Signals, options?: ProxyOptions): Promise<void> {
  await proxy.stop(signal);
  proxy = await RunningProxy.start(origin.origin, folder, options);
}

/** Status and text of an answer; `cut` if it broke off. */
export async function answer(name: string): Promise<{ status: number; text: string }> {
  const response = await fetch(`${proxy.base}${name}`);
  return { status: response.status, text: await response.text().catch(() => 'cut') };
}

export async function expectServes(name: string): Promise<void> {
  const response = await fetch(`${proxy.base}${name}`);
  expect(response.status).toBe(200);
  expect(md5(Buffer.from(await response.arrayBuffer()))).toBe(md5(content));
}

/** It has ended by Ctrl-C alone, and has complained of nothing that it had not expected. */
export async function expectSound(): Promise<void> {
  expect(await proxy.stop('SIGINT')).toBe(0);
  expect(proxy.err).not.toMatch(/unhandled|uncaught|Warning/i);
}
