import { arch, cpus, platform, release, totalmem } from 'node:os';
import { MmapDriver } from 'tidemark/node';

/** What the figures were measured on. */
export function machine() {
  const [processor] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${processor?.model ?? 'unknown'}, ${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${platform()} ${release()}, ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
    mapping: new MmapDriver({ path: 'nothing' }).mapping,
  };
}
