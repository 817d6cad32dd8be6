// An RxJS pipeline: a song is hashed in order while it is downloaded, and its last bytes come
// before their turn.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import lena from 'audio-lena'; // a song to try it with
import { filter, switchMap, take } from 'rxjs';
import { MemDriver, readChunks, Resource } from 'tidemark';
import { download, rangeResponse } from 'tidemark/http';

const origin = Resource.open(new MemDriver({ initialData: readFileSync(lena.url('mp3')) }));
const resource = Resource.open(new MemDriver());

const hash = createHash('sha256');
readChunks(resource).subscribe({
  next: (chunk) => hash.update(chunk),
  complete: () => console.log('hash of all:', hash.digest('hex').slice(0, 8)),
});

const tail$ = resource.status$.pipe(
  filter(() => resource.expectedLength !== undefined), // known since the first answer
  take(1),
  switchMap(() => {
    const { expectedLength: end = 0 } = resource;
    return resource.read({ start: end - 128, end });
  }),
);
tail$.subscribe(({ length }) => console.log(`the tail is here: ${length} bytes; ${resource.coveredBytes} are`));

download(resource, 'https://example.com/song.mp3', {
  chunkSize: 20_000, // bytes in one request
  // Stands for a slow web server: leave it out for a real one.
  fetch: async (url, init) => {
    await delay(100);
    return rangeResponse(origin, new Request(url, init));
  },
}).subscribe({
  next: ({ fraction = 0 }) => console.log(`${Math.round(fraction * 100)} %`),
  error: (error) => console.error(error.message), // and readers of missing bytes get FAILED
  complete: () => console.log('committed', resource.length, 'bytes'),
});
