// A progress UI: a bar of what is there, as a video player draws it, and figures below it.
import { interval, map, take } from 'rxjs';
import { MemDriver, progress, Resource, writeTo } from 'tidemark';

const PART = 5000; // bytes; a cell of the bar stands for one
const resource = Resource.open(new MemDriver(), { expectedLength: 20 * PART });

resource.coverage$.subscribe((coverage) => {
  const cells = Array.from({ length: 20 }, (_, i) => coverage.has({ start: i * PART, end: (i + 1) * PART }));
  console.log(cells.map((there) => (there ? '█' : '·')).join(''));
});
progress(resource, { every: 200 }).subscribe(({ fraction = 0, bytesPerSecond }) => {
  console.log(`${Math.round(fraction * 100)} % at ${Math.round(bytesPerSecond / 1000)} kB/s`);
});
// Or failed, with a reason.
resource.status$.subscribe(({ state }) => console.log(`it is ${state}`));

// Somebody else downloads: every third part first, then those between.
const download$ = interval(40).pipe(
  take(20),
  map((i) => ({ offset: ((i * 3) % 20) * PART, data: new Uint8Array(PART) })),
);
download$.pipe(writeTo(resource)).subscribe();
