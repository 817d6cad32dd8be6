// An RxJS pipeline: the parts of a song arrive out of order, and are hashed in order as they come.
import { createHash } from 'node:crypto';
import { concatMap, from, map, timer } from 'rxjs';
import { MemDriver, readChunks, Resource, writeTo } from 'tidemark';

const song = Buffer.alloc(400_000, 'tide'); // what some server has
const download$ = from([300_000, 0, 200_000, 100_000]).pipe(
  concatMap((offset) => timer(50).pipe(map(() => ({ offset, data: song.subarray(offset, offset + 100_000) })))),
);
const resource = Resource.open(new MemDriver(), { expectedLength: song.length });

const tail = { start: song.length - 128, end: song.length }; // where MP3 keeps its tags
resource.read(tail).subscribe((bytes) => console.log('the tail is here:', bytes.length, 'bytes'));

const hash = createHash('sha256');
readChunks(resource).subscribe({
  next: (chunk) => hash.update(chunk),
  complete: () => console.log('hash of all:', hash.digest('hex').slice(0, 8)),
});

download$.pipe(writeTo(resource)).subscribe({
  next: ({ start, end }) => console.log(`wrote [${start}, ${end})`),
  complete: () => console.log('committed', resource.length, 'bytes'),
});
