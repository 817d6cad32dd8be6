import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { Resource } from '../../../lib/index.js';
import { MmapDriver, type MmapDriverOptions, type MmapResource } from '../../../lib/node.js';
import { CrashingDisk, lay } from './crashing-disk.js';
import { coveredEquals, folder, freshPath, pattern } from './scratch.js';

/** What must hold of whatever is found after a crash, at a point of a scenario. */
interface Guarantee {
  /** The versions that the whole file may have under its name; empty: there must be none. */
  committed: readonly Buffer[];
  /** The versions that a partial download may be of; empty: there must be none. */
  partial: readonly Buffer[];
  /** How many bytes are durable at least: of a partial download, or in the file. */
  durable: number;
}

interface Stage {
  readonly disk: CrashingDisk;
  readonly guarantee: Guarantee;
  readonly open: (options?: Partial<MmapDriverOptions>) => MmapResource;
}

const SOURCE = pattern(9000);
const OTHER = pattern(9000, 2);

/** Runs a scenario, and looks at every wreck after every call. */
async function expectSound(scenario: (stage: Stage) => void | Promise<void>): Promise<string[]> {
  const path = freshPath();
  const guarantee: Guarantee = { committed: [], partial: [SOURCE], durable: 0 };
  let looks = 0;
  const disk = new CrashingDisk(dirname(path), () => {
    for (const wreck of disk.wrecks()) {
      looks += 1;
      const scene = join(folder, 'wreck');
      lay(wreck, scene);
      const problem = problemOf(join(scene, 'content'), guarantee);
      const last = disk.calls.slice(-4).join(', ');
      if (problem !== undefined) throw new Error(`after ${last}, ${wreck.what}: ${problem}`);
    }
  });
  const open = (options?: Partial<MmapDriverOptions>): MmapResource =>
    Resource.open(new MmapDriver({ path, checkpoint: false, files: disk, ...options }));
  await scenario({ disk, guarantee, open });
  expect(looks).toBeGreaterThan(0);
  return disk.calls;
}

/** What is wrong with what lies at `path`; undefined: nothing. */
function problemOf(path: string, guarantee: Guarantee): string | undefined {
  const resource = Resource.open(new MmapDriver({ path, mapping: 'off' }));
  try {
    if (resource.origin.refused !== undefined) return resource.origin.refused.message;
    if (resource.coveredBytes < guarantee.durable) return `only ${resource.coveredBytes} of ${guarantee.durable} bytes`;
    if (resource.status.state === 'committed') {
      const found = readFileSync(path);
      return guarantee.committed.some((version) => version.equals(found))
        ? undefined
        : `a file of ${found.length} bytes that nobody has committed`;
    }
    if (resource.coveredBytes === 0 || guarantee.partial.some((version) => coveredEquals(resource, version)))
      return undefined;
    return `what is claimed, ${JSON.stringify([...resource.coverage])}, is of no version that was ever written`;
  } finally {
    resource.close();
  }
}

function write(resource: MmapResource, start: number, end: number, source = SOURCE): void {
  resource.writeAt(start, source.subarray(start, end));
}

describe('a crash after any call', () => {
  it('of a download with checkpoints leaves a partial download that claims what is there, and no less than the last checkpoint', async () => {
    const calls = await expectSound(async ({ guarantee, open }) => {
      const resource = open();
      write(resource, 3000, 4000);
      await resource.checkpoint();
      guarantee.durable = 1000;
      write(resource, 0, 1500);
      write(resource, 3500, 5000);
      const under = resource.checkpoint();
      write(resource, 5000, 6000);
      await under;
      guarantee.durable = 3500;
      resource.close();
      guarantee.durable = 4500;
      const again = open();
      write(again, 8000, 9000);
      again.close();
      guarantee.durable = 5500;
    });
    expect(calls.slice(0, 11)).toEqual([
      'create content.lock',
      'sync folder',
      'create content.part',
      'write content.part',
      'sync content.part',
      'sync folder',
      'create content.part.coverage.tmp',
      'write content.part.coverage.tmp',
      'sync content.part.coverage.tmp',
      'rename content.part.coverage.tmp content.part.coverage',
      'sync folder',
    ]);
  });

  it('of a commit leaves the partial download or the whole file', async () => {
    const calls = await expectSound(({ guarantee, open, disk }) => {
      const resource = open();
      write(resource, 0, 5000);
      resource.close();
      guarantee.durable = 5000;
      const again = open();
      write(again, 5000, 9000);
      guarantee.committed = [SOURCE];
      disk.calls.length = 0;
      again.commit();
      guarantee.durable = 9000;
      guarantee.partial = [];
      again.close();
    });
    expect(calls).toEqual([
      'sync content.part',
      'rename content.part content',
      'sync folder',
      'unlink content.part.coverage',
      'unlink content.lock',
    ]);
  });

  it('of a commit that drops bytes leaves all of them, or the whole file', async () => {
    await expectSound(({ guarantee, open }) => {
      const resource = open();
      write(resource, 0, 9000);
      resource.close();
      guarantee.durable = 9000;
      const again = open();
      guarantee.committed = [SOURCE.subarray(0, 6000)];
      guarantee.durable = 6000;
      again.commit(6000);
      guarantee.partial = [];
      again.close();
    });
  });

  it('of a reactivation, changes and another commit leaves the old file, a partial download, or the new file', async () => {
    await expectSound(async ({ guarantee, open }) => {
      const resource = open();
      write(resource, 0, 6000);
      guarantee.committed = [SOURCE.subarray(0, 6000)];
      resource.commit();
      guarantee.durable = 6000;
      const whole = Buffer.concat([SOURCE.subarray(0, 5000), OTHER.subarray(5000)]);
      resource.reactivate();
      guarantee.committed = [];
      guarantee.partial = [SOURCE, whole];
      write(resource, 5000, 9000, OTHER);
      await resource.checkpoint();
      guarantee.durable = 9000;
      guarantee.committed = [whole];
      resource.commit();
      guarantee.partial = [whole];
      resource.reactivate();
      guarantee.committed = [whole.subarray(0, 1000)];
      guarantee.durable = 1000;
      resource.commit(1000);
      resource.close();
    });
  });

  it('of a reactivation claims nothing that whoever wrote the file has not made durable', async () => {
    await expectSound(({ guarantee, open }) => {
      const resource = open({ durable: false });
      write(resource, 0, 6000);
      // Without durability the file may be anything after power loss; what is claimed afterwards may not.
      guarantee.committed = [SOURCE.subarray(0, 6000), Buffer.alloc(0), Buffer.alloc(6000)];
      resource.commit();
      resource.reactivate();
      resource.close();
      guarantee.durable = 6000;
    });
  });

  it('of writeAll over a committed file leaves the old content or the new one, always under its name', async () => {
    await expectSound(({ guarantee, open }) => {
      guarantee.committed = [SOURCE, OTHER, SOURCE.subarray(0, 10)];
      const resource = open({ mode: 'read-write' });
      resource.writeAll(SOURCE);
      guarantee.partial = [];
      guarantee.durable = 10;
      resource.writeAll(OTHER);
      guarantee.committed = [OTHER, SOURCE.subarray(0, 10)];
      resource.writeAll(SOURCE.subarray(0, 10));
      guarantee.committed = [SOURCE.subarray(0, 10)];
      resource.close();
    });
  });

  it('of writeAll over a partial download leaves that or the new file', async () => {
    await expectSound(({ guarantee, open }) => {
      const resource = open();
      write(resource, 100, 5000);
      resource.close();
      guarantee.durable = 4900;
      const again = open();
      guarantee.committed = [OTHER];
      again.writeAll(OTHER);
      guarantee.durable = 9000;
      again.close();
    });
  });

  it('of starting clean over another partial download leaves one or the other, never a mixture', async () => {
    await expectSound(async ({ guarantee, open }) => {
      const old = open();
      write(old, 0, 9000);
      old.close();
      const fresh = open({ resume: false });
      guarantee.partial = [SOURCE, OTHER];
      write(fresh, 2000, 3000, OTHER);
      guarantee.partial = [OTHER];
      await fresh.checkpoint();
      guarantee.durable = 1000;
      write(fresh, 0, 2000, OTHER);
      fresh.close();
    });
  });

  it('of a discard leaves the partial download or nothing', async () => {
    await expectSound(({ guarantee, open }) => {
      const resource = open();
      write(resource, 0, 9000);
      resource.close();
      const again = open();
      again.discard();
      guarantee.partial = [];
    });
  });
});
