// A download into a file, which continues where it stopped, even if it was killed there.
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';

const song = Buffer.alloc(100_000, 'tide'); // what some server has
const path = join(tmpdir(), 'tidemark-example', 'song.flac');
MmapDriver.remove(path); // from the last time

for (const connectionLostAt of [60_000, Infinity]) {
  const resource = Resource.open(new MmapDriver({ path }), { expectedLength: song.length });
  console.log(`it is ${resource.origin.from}, ${resource.coveredBytes} bytes are there`);
  for (let gap; (gap = resource.nextGap(0)) && gap.start < connectionLostAt;) {
    resource.writeAt(gap.start, song.subarray(gap.start, gap.start + 20_000));
  }
  if (resource.nextGap(0) === undefined) resource.commit(); // now it has its name
  resource.close();
}
console.log('it is complete:', readFileSync(path).equals(song));
