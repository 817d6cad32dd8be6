import { MmapDriver } from 'tidemark/node';

/** What brings each mapping package. */
const CURES = /** @type {const} */ ({
  'mmap-io': 'npm ci compiles it on Node 20 and 22 where there is a C++ compiler and Python.',
  koffi: 'npm ci brings it for most 64-bit systems.',
});

/**
 * Runs before all tests: what is tested with each mapping package is left out for one that does not
 * work here.
 */
export default function sayWhatIsMissing() {
  for (const mapping of /** @type {const} */ (['mmap-io', 'koffi'])) {
    if (works(mapping)) continue;
    process.stderr.write(`Tests of ${mapping} are left out, since it does not work here: ${CURES[mapping]}\n`);
  }
}

/** @param {'mmap-io' | 'koffi'} mapping */
function works(mapping) {
  try {
    return new MmapDriver({ path: 'nothing', mapping }).mapping === mapping;
  } catch {
    return false;
  }
}
