import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { MAPPINGS } from '../mappings.js';
import { freshPath, openAt, pattern } from '../../../support/scratch.js';
import { errorOf } from '../../../support/code-of.js';

const VIEW_WRITER = fileURLToPath(new URL('../fixtures/view-writer.js', import.meta.url));
const MAPPED = MAPPINGS.filter((mapping) => mapping !== 'off');

describe('a view', () => {
  it.each(MAPPED)('by %s can be written into, transferred and outlive the resource, without harm', (mapping) => {
    const { stdout, stderr, signal } = spawnSync(process.execPath, [VIEW_WRITER, freshPath(), mapping], {
      encoding: 'utf8',
    });
    expect({ stdout, stderr, signal }).toEqual({ stdout: 'unharmed\n', stderr: '', signal: null });
  });

  it.each(MAPPED)('by %s shows what is committed, also after it was reactivated and changed', (mapping) => {
    const resource = openAt(freshPath(), { mapping });
    resource.writeAll(pattern(10_000));
    const range = { start: 4090, end: 8200 };
    expect(Buffer.from(resource.view(range))).toEqual(pattern(10_000).subarray(4090, 8200));
    expect(resource.view({ start: 10_000, end: 10_000 })).toHaveLength(0);
    expect(errorOf(() => resource.view({ start: 0, end: 10_001 })).code).toBe('INVALID_RANGE');
    resource.reactivate();
    expect(errorOf(() => resource.view(range)).code).toBe('INCOMPLETE');
    resource.writeAt(0, pattern(12_000, 2));
    resource.commit();
    expect(Buffer.from(resource.view(range))).toEqual(pattern(12_000, 2).subarray(4090, 8200));
  });

  it.each(MAPPED)('by %s is made anew where its memory was transferred or resized', (mapping) => {
    const resource = openAt(freshPath(), { mapping });
    resource.writeAll(pattern(10_000));
    const range = { start: 5, end: 9000 };
    const expected = pattern(10_000).subarray(5, 9000);
    const { buffer } = resource.view(range);
    try {
      structuredClone(buffer, { transfer: [buffer as ArrayBuffer] });
    } catch (error) {
      // Newer platforms transfer no memory that is not their own, which is that of mmap-io.
      if (mapping === 'koffi' || (error as Error).name !== 'DataCloneError') throw error;
    }
    expect(Buffer.from(resource.view(range))).toEqual(expected);
    const again = resource.view(range).buffer as ArrayBuffer;
    if (again.resizable) again.resize(10);
    expect(Buffer.from(resource.view(range))).toEqual(expected);
  });

  it('is UNSUPPORTED where nothing maps', () => {
    const resource = openAt(freshPath(), { mapping: 'off' });
    resource.writeAll(pattern(10));
    const error = errorOf(() => resource.view({ start: 0, end: 5 }));
    expect(error.code).toBe('UNSUPPORTED');
    expect(error.message).toContain("Leave `mapping: 'off'` out to have them.");
  });

  it.each(MAPPINGS)(
    'is the only thing that is no plain memory with mapping %s: WebCrypto and Response take the others',
    async (mapping) => {
      const resource = openAt(freshPath(), { mapping });
      resource.writeAll(pattern(1000));
      const bytes = resource.readAll();
      expect(await new Response(bytes).arrayBuffer()).toHaveProperty('byteLength', 1000);
      expect(await crypto.subtle.digest('SHA-256', bytes)).toHaveProperty('byteLength', 32);
      expect(structuredClone(bytes, { transfer: [bytes.buffer] })).toHaveLength(1000);
    },
  );
});
