// The tags of a song, read while it is being downloaded, and how few of its bytes that takes.
// node examples/music-metadata/main.js

import { MemDriver, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { serveSample } from '../shared/serve-sample.js';
import { readTags } from './read-tags.js';

const { url, close } = await serveSample('m4a', 400_000);
const resource = Resource.open(new MemDriver());
// Nothing but what is waited for.
const downloading = download(resource, url, { readAhead: 0 }).subscribe();
try {
  const { format, common } = await readTags(resource);
  console.log(`${format.container}, ${format.codec}, ${format.duration?.toFixed(2)} seconds`);
  console.log(common.title === undefined ? 'no title' : `title: ${common.title}`);
  console.log(`by ${resource.coveredBytes} of ${resource.expectedLength} bytes`);
} finally {
  downloading.unsubscribe();
  resource.close();
  close();
}
