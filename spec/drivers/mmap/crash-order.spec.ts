import { fstatSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { Resource } from '../../../lib/index.js';
import { MmapDriver, type MmapDriverOptions, type MmapResource } from '../../../lib/node.js';
import { errorOf, rejectionOf } from '../../support/code-of.js';
import { CrashingDisk, lay } from './crashing-disk.js';
import { systemError } from './faulty-files.js';
import { coveredEquals, folder, freshPath, pattern } from '../../support/scratch.js';

/** What must hold of whatever is found after a crash, at a point of a scenario. */
interface Guarantee {
  /** The versions that the whole file may have under its name; empty: there must be none. */
  committed: readonly Buffer[];
  /** The versions that a partial download may be of; empty: there must be none. */
  partial: readonly Buffer[];
  /** How many bytes are durable at least: of a partial download, or in the file. */
  durable: number;
  /** What holds of a replacement of the committed file, if one may be there. */
  replacement?: Replacement | undefined;
}

interface Replacement {
  /** What it is to become. */
  readonly version: Buffer;
  /** How many bytes of it are durable at least, until the file has become it. */
  durable: number;
}

interface Stage {
  readonly disk: CrashingDisk;
  readonly guarantee: Guarantee;
  readonly open: (options?: Partial<MmapDriverOptions>) => MmapResource;
}

const SOURCE = pattern(9000);
const OTHER = pattern(9000, 2);
/** Six blocks and a half. */
const LONG = pattern(26_000);
/** That many bytes at the start of each block. */
const block = (index: number): number => index * 4096;

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
      if (!guarantee.committed.some((version) => version.equals(found)))
        return `a file of ${found.length} bytes that nobody has committed`;
      return guarantee.replacement && problemOfReplacement(path, guarantee.replacement, found);
    }
    if (resource.coveredBytes === 0 || guarantee.partial.some((version) => coveredEquals(resource, version)))
      return undefined;
    return `what is claimed, ${JSON.stringify([...resource.coverage])}, is of no version that was ever written`;
  } finally {
    resource.close();
  }
}

function problemOfReplacement(path: string, { version, durable }: Replacement, found: Buffer): string | undefined {
  const resource = Resource.open(new MmapDriver({ path, mode: 'replace' }));
  try {
    const { origin, coveredBytes } = resource;
    if (origin.refused !== undefined) return origin.refused.message;
    // Cut to its length, too.
    const isReplaced = version.subarray(0, found.length).equals(found);
    if (!isReplaced && coveredBytes < durable) return `only ${coveredBytes} of ${durable} bytes of the replacement`;
    return coveredEquals(resource, version) ? undefined : 'a replacement that claims what was never written';
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
      // Without durability the file may be anything after power loss; what is claimed afterwards
      // may not.
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

  it('of evictions leaves a partial download that claims no hole', async () => {
    const calls = await expectSound(async ({ guarantee, open, disk }) => {
      guarantee.partial = [LONG];
      const resource = open();
      write(resource, 0, LONG.length, LONG);
      await resource.checkpoint();
      guarantee.durable = LONG.length - 10_000;
      disk.calls.length = 0;
      resource.evict({ start: 3000, end: 13_000 });
      await resource.checkpoint();
    });
    expect(calls.slice(0, 6)).toEqual([
      'create content.part.coverage.tmp',
      'write content.part.coverage.tmp',
      'sync content.part.coverage.tmp',
      'rename content.part.coverage.tmp content.part.coverage',
      'sync folder',
      `punch content.part ${block(1)} ${block(3)}`,
    ]);
  });

  it('of evictions and writes under checkpoints, and of closing, leaves no hole that is claimed', async () => {
    const calls = await expectSound(async ({ guarantee, open }) => {
      guarantee.partial = [LONG];
      const resource = open();
      write(resource, 0, LONG.length, LONG);
      await resource.checkpoint();
      resource.evict({ start: 0, end: block(2) });
      const under = resource.checkpoint();
      resource.evict({ start: block(3), end: LONG.length });
      await under;
      // Written again before the next checkpoint, and after holes were punched.
      write(resource, 0, block(1), LONG);
      write(resource, block(4), LONG.length, LONG);
      const again = resource.checkpoint();
      resource.evict({ start: 100, end: 200 });
      write(resource, block(1), block(2), LONG);
      await again;
      await resource.checkpoint();
      resource.evict({ start: 0, end: block(2) });
      resource.close();
      guarantee.durable = LONG.length - block(3);
      const later = open();
      later.evict({ start: block(5), end: LONG.length });
      write(later, 0, block(3), LONG);
      guarantee.durable = block(1);
      later.close();
      guarantee.durable = block(4);
    });
    expect(calls.filter((call) => call.startsWith('punch')).length).toBeGreaterThan(4);
  });

  it('of an eviction after the rename of a checkpoint punches nothing that its coverage file lists', async () => {
    await expectSound(async ({ guarantee, open, disk }) => {
      guarantee.partial = [LONG];
      const resource = open();
      write(resource, 0, LONG.length, LONG);
      await resource.checkpoint();
      resource.evict({ start: 0, end: block(1) });
      disk.calls.length = 0;
      const under = resource.checkpoint();
      while (disk.calls.at(-1)?.startsWith('rename') !== true) await new Promise((resolve) => setImmediate(resolve));
      resource.evict({ start: block(1), end: block(3) });
      await under;
      expect(disk.calls.slice(-2)).toEqual(['sync folder', `punch content.part 0 ${block(1)}`]);
      await resource.checkpoint();
      expect(disk.calls.slice(-2)).toEqual(['sync folder', `punch content.part 0 ${block(3)}`]);
      guarantee.durable = LONG.length - block(3);
    });
  });

  it('of evictions by a writer whose last coverage file is there, and may not be durable, claims no hole', async () => {
    await expectSound(async ({ guarantee, open, disk }) => {
      let broken = false;
      const assertWorks = (descriptor: number): void => {
        if (broken && fstatSync(descriptor).isDirectory()) throw systemError('EIO');
      };
      const files = Object.assign(Object.create(disk) as CrashingDisk, {
        sync: (descriptor: number) => {
          assertWorks(descriptor);
          disk.sync(descriptor);
        },
        syncLater: async (descriptor: number) => {
          assertWorks(descriptor);
          await disk.syncLater(descriptor);
        },
      });
      guarantee.partial = [LONG];
      const first = open({ files });
      write(first, 0, LONG.length, LONG);
      await first.checkpoint();
      first.evict({ start: 0, end: block(1) });
      broken = true;
      expect((await rejectionOf(first.checkpoint())).code).toBe('IO');
      expect(errorOf(() => first.close()).code).toBe('IO');
      const second = open();
      second.evict({ start: block(4), end: block(5) });
      write(second, block(4), block(5), LONG);
      await second.checkpoint();
      expect(disk.calls.slice(-2)).toEqual(['sync folder', `punch content.part 0 ${block(1)}`]);
      second.close();
    });
  });

  it('of evictions that are followed by no write, with checkpoint: false, claims no hole either', async () => {
    const calls = await expectSound(async ({ guarantee, open, disk }) => {
      const punched = async (index: number): Promise<void> => {
        const call = `punch content.part ${block(index)} ${block(index + 1)}`;
        while (!disk.calls.includes(call)) await new Promise((resolve) => setTimeout(resolve, 10));
      };
      guarantee.partial = [LONG];
      const resource = open({ checkpoint: false });
      write(resource, 0, LONG.length, LONG);
      resource.evict({ start: 0, end: block(1) });
      await punched(0);
      expect(disk.calls.filter((call) => call.includes('coverage'))).toEqual([]);
      await resource.checkpoint();
      guarantee.durable = LONG.length - block(3);
      resource.evict({ start: block(2), end: block(3) });
      await punched(2);
      guarantee.durable = LONG.length - block(2);
      resource.close();
    });
    expect(calls.filter((call) => call.startsWith('rename'))).toHaveLength(2);
  });

  it('of evictions and a commit over what was written in their place leaves the partial download or the whole file', async () => {
    await expectSound(async ({ guarantee, open }) => {
      guarantee.partial = [LONG];
      const resource = open();
      write(resource, 0, LONG.length, LONG);
      resource.evict({ start: 0, end: block(3) });
      await resource.checkpoint();
      guarantee.durable = LONG.length - block(3);
      write(resource, 0, block(3), LONG);
      guarantee.committed = [LONG];
      resource.commit();
      guarantee.partial = [];
      guarantee.durable = LONG.length;
      resource.close();
    });
  });

  it('of evictions from what was committed punches no holes, also once it was closed and opened again', async () => {
    const calls = await expectSound(async ({ guarantee, open }) => {
      guarantee.partial = [LONG];
      guarantee.committed = [LONG];
      const resource = open();
      write(resource, 0, LONG.length, LONG);
      resource.commit();
      resource.reactivate();
      guarantee.committed = [];
      resource.evict({ start: 0, end: block(2) });
      await resource.checkpoint();
      resource.evict({ start: block(2), end: block(3) });
      resource.close();
      guarantee.durable = LONG.length - block(4);
      const again = open();
      again.evict({ start: block(3), end: block(4) });
      await again.checkpoint();
      again.close();
    });
    expect(calls.filter((call) => call.startsWith('punch'))).toEqual([]);
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

  it('of a replacement leaves the old file or the new one, always under its name, and what is claimed of the new one', async () => {
    const calls = await expectSound(async ({ guarantee, open, disk }) => {
      guarantee.committed = [SOURCE];
      open().writeAll(SOURCE);
      guarantee.durable = 9000;
      guarantee.partial = [];
      const replacement: Replacement = { version: OTHER, durable: 0 };
      guarantee.replacement = replacement;
      const next = open({ mode: 'replace' });
      write(next, 3000, 4000, OTHER);
      await next.checkpoint();
      replacement.durable = 1000;
      write(next, 0, 3500, OTHER);
      const checkpoint = next.checkpoint();
      write(next, 4000, 5000, OTHER);
      await checkpoint;
      replacement.durable = 4000;
      next.close();
      replacement.durable = 5000;
      const again = open({ mode: 'replace' });
      write(again, 5000, 9000, OTHER);
      guarantee.committed = [SOURCE, OTHER];
      disk.calls.length = 0;
      again.commit();
      guarantee.committed = [OTHER];
      again.close();
    });
    expect(calls).toEqual([
      'sync content.next',
      'rename content.next content',
      'sync folder',
      'unlink content.next.coverage',
      'unlink content.lock',
    ]);
  });

  it('of a replacement that is cut, written in one step, begun anew or discarded leaves the same', async () => {
    await expectSound(({ guarantee, open }) => {
      guarantee.committed = [SOURCE];
      open().writeAll(SOURCE);
      guarantee.durable = 100;
      guarantee.partial = [];
      const cut = open({ mode: 'replace' });
      guarantee.replacement = { version: OTHER, durable: 0 };
      write(cut, 0, 9000, OTHER);
      guarantee.committed = [SOURCE, OTHER.subarray(0, 100)];
      cut.commit(100);
      guarantee.committed = [OTHER.subarray(0, 100)];
      const kept = open({ mode: 'replace' });
      write(kept, 10, 500, OTHER);
      kept.close();
      guarantee.replacement.durable = 490;
      const whole = open({ mode: 'replace' });
      guarantee.committed = [OTHER.subarray(0, 100), OTHER];
      whole.writeAll(OTHER);
      guarantee.committed = [OTHER];
      guarantee.durable = 9000;
      guarantee.replacement = { version: SOURCE, durable: 0 };
      const first = open({ mode: 'replace' });
      write(first, 0, 5000);
      first.close();
      guarantee.replacement.durable = 5000;
      const clean = open({ mode: 'replace', resume: false });
      guarantee.replacement.durable = 0;
      write(clean, 100, 200);
      clean.close();
      guarantee.replacement.durable = 100;
      const last = open({ mode: 'replace' });
      guarantee.replacement.durable = 0;
      last.discard();
    });
  });

  it('of what others do at the path leaves a replacement as it is', async () => {
    await expectSound(({ guarantee, open }) => {
      guarantee.committed = [SOURCE];
      open().writeAll(SOURCE);
      const next = open({ mode: 'replace' });
      write(next, 3000, 4000, OTHER);
      next.close();
      guarantee.replacement = { version: OTHER, durable: 1000 };
      const resource = open();
      resource.reactivate();
      guarantee.committed = [SOURCE, SOURCE.subarray(0, 8000)];
      resource.commit(8000);
      resource.reactivate();
      write(resource, 8000, 9000);
      resource.commit();
      resource.close();
    });
  });
});
