import { arch, cpus, platform, release } from 'node:os';

/** What the figures were measured on. */
export function machine() {
  const [processor] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    processor: `${processor?.model ?? 'unknown'}, ${cpus().length} cores`,
    system: `${platform()} ${release()}, ${arch()}`,
    node: process.versions.node,
    v8: process.versions.v8,
  };
}
