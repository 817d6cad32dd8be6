// An RxJS pipeline: a song is hashed in order while it is downloaded, and its last bytes come before their turn.
import { createHash } from 'node:crypto';
import { filter, switchMap, take } from 'rxjs';
import { MemDriver, readChunks, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { serveSample } from '../shared/serve-sample.js';

const { url, close } = await serveSample('mp3', 400_000); // a slow web server, of 400 kB/s
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

download(resource, url)
  .subscribe({
    next: ({ fraction = 0 }) => console.log(`${Math.round(fraction * 100)} %`),
    error: (error) => console.error(error.message), // and readers of missing bytes get FAILED
    complete: () => console.log('committed', resource.length, 'bytes'),
  })
  .add(close);
