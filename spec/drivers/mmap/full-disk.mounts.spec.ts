import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { mountMemory } from '../../run/mounts.js';
import { coveredEquals, folder, namesBeside, openAt, pattern } from '../../support/scratch.js';
import { errorOf } from '../../support/code-of.js';

describe('a full disk', () => {
  it('is NO_SPACE and no SIGBUS, changes no coverage, and the write succeeds once there is room', async () => {
    const point = mountMemory(mkdtempSync(join(folder, 'full-')), '1m');
    const path = join(point, 'content');
    const ballast = join(point, 'ballast');
    writeFileSync(ballast, Buffer.alloc(600_000));
    const source = pattern(700_000);
    const resource = openAt(path);
    resource.writeAt(0, source.subarray(0, 200_000));
    await resource.checkpoint();
    const { coverage } = resource;
    const error = errorOf(() => resource.writeAt(200_000, source.subarray(200_000)));
    expect([error.code, error.path]).toEqual(['NO_SPACE', path]);
    expect([resource.coverage, resource.status.state]).toEqual([coverage, 'active']);
    expect(errorOf(() => resource.writeAll(source)).code).toBe('NO_SPACE');
    expect(coveredEquals(resource, source)).toBe(true);
    rmSync(ballast);
    resource.writeAt(200_000, source.subarray(200_000));
    resource.commit();
    expect(Buffer.compare(resource.readAll(), source)).toBe(0);
    expect(namesBeside(path)).toEqual(['content']);
    resource.close();
  });
});
