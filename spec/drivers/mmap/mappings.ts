import { MmapDriver } from '../../../lib/node.js';

/** What works on this machine; on a Node for which mmap-io does not compile it is not there. */
export const MAPPINGS = (['mmap-io', 'koffi', 'off'] as const).filter((mapping) => {
  try {
    return new MmapDriver({ path: 'x', mapping }).mapping === mapping;
  } catch {
    return false;
  }
});
