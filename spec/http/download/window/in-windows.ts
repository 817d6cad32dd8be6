import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { type Resource, WindowDriver, type WindowDriverOptions } from 'tidemark';
import { download, type DownloadOptions, type DownloadProgress } from 'tidemark/http';
import { range } from '../../../support/range.js';
import { AT_ONCE, newResource } from '../../fixtures.js';
import { expectVast, type VastServer } from './vast-server.js';

export const KIB = 2 ** 10;
export const MIB = 2 ** 20;
export const GIB = 2 ** 30;
/** What is read at a time, in bytes. */
export const PIECE = 64 * KIB;

export function window(maxBytes: number, options?: Partial<WindowDriverOptions>): Resource {
  return newResource(new WindowDriver({ maxBytes, ...options }));
}

/** Reads `[from, until)` in order. */
export async function readOn(resource: Resource, from: number, until: number): Promise<void> {
  for (let at = from; at < until; at += PIECE) {
    const bytes = await firstValueFrom(resource.read(range(at, Math.min(at + PIECE, until))));
    expect(bytes.length).toBe(Math.min(PIECE, until - at));
    expectVast(at, bytes);
  }
}

/** Downloads until the test is over; what it says of itself, and what it errors with. */
export function downloading(resource: Resource, server: VastServer, options: DownloadOptions = {}) {
  const told: { last?: DownloadProgress; readonly errors: unknown[]; stop: () => void } = {
    errors: [],
    stop: () => subscription.unsubscribe(),
  };
  const subscription = download(resource, server.url, { ...AT_ONCE, ...options }).subscribe({
    next: (progress) => (told.last = progress),
    error: (error: unknown) => told.errors.push(error),
  });
  return told;
}

/** Resolves when a download is idle, and stays so. */
export async function untilIdle(told: { readonly last?: DownloadProgress }, server: VastServer): Promise<void> {
  for (let times = 0; times < 3;) {
    const { sent } = server;
    await delay(100);
    times = told.last?.state === 'idle' && server.sent === sent ? times + 1 : 0;
  }
}
