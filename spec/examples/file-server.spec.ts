import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { firstValueFrom, ReplaySubject, type Subscription } from 'rxjs';
import { serveFile } from '../../examples/shared/file-server.js';

const TIME = new Date(1_700_000_000_000);

let folder: string;
let file: string;
let url: URL;
let serving: Subscription;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-file-server-'));
  file = join(folder, 'file');
  writeFileSync(file, '0123456789');
  utimesSync(file, TIME, TIME);
  const url$ = new ReplaySubject<URL>(1);
  serving = serveFile(file, 1_000_000).subscribe(url$);
  url = await firstValueFrom(url$);
});

afterEach(() => {
  serving.unsubscribe();
  rmSync(folder, { recursive: true });
});

function get(headers: Record<string, string> = {}): Promise<Response> {
  return fetch(url, { headers });
}

async function etag(): Promise<string> {
  const response = await get();
  await response.text();
  return response.headers.get('etag') ?? 'none';
}

describe('the file server', () => {
  it('sends a strong ETag, which stays while the file does, and goes by its length and time', async () => {
    const first = await etag();
    expect(first).toMatch(/^"[^"]+"$/);
    expect(await etag()).toBe(first);

    const later = new Date(TIME.getTime() + 1);
    utimesSync(file, later, later);
    const touched = await etag();
    expect(touched).not.toBe(first);

    writeFileSync(file, '01234567890');
    utimesSync(file, TIME, TIME);
    expect([first, touched]).not.toContain(await etag());
  });

  it('sends a part of the version that If-Range names, and else the whole of the one that is there', async () => {
    const part = await get({ range: 'bytes=3-5', 'if-range': await etag() });
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 3-5/10', '345']);

    for (const other of ['"other"', TIME.toUTCString()]) {
      const whole = await get({ range: 'bytes=3-5', 'if-range': other });
      expect([whole.status, whole.headers.get('content-range'), await whole.text()]).toEqual([200, null, '0123456789']);
      expect(whole.headers.get('etag')).toBe(part.headers.get('etag'));
    }
  });

  it('tells how long the file is, and which, to who asks past its end', async () => {
    const response = await get({ range: 'bytes=10-' });
    await response.text();
    expect([response.status, response.headers.get('content-range')]).toEqual([416, 'bytes */10']);
    expect(response.headers.get('etag')).toBe(await etag());
  });

  it('cuts the answer short if the file changes meanwhile', async () => {
    writeFileSync(file, Buffer.alloc(1_000_000));
    const response = await get();
    const reader = response.body?.getReader();
    await reader?.read();
    writeFileSync(file, Buffer.alloc(1_000_000, 1));
    const rest = async (): Promise<void> => {
      while ((await reader?.read())?.done === false);
    };
    await expect(rest()).rejects.toThrow('terminated');
  });
});
