import './style.css';
import { BehaviorSubject, concat, fromEvent, of, ReplaySubject, switchMap } from 'rxjs';
import { serveAudio } from './audio-element.js';
import { openStore } from './open-store.js';
import { element } from './page.js';
import { type Asked, song$ } from './shown-song.js';
import { showStored } from './stored-list.js';
import { showUsage } from './usage.js';

const SAMPLE = 'sample.flac';

const form = element('open', HTMLFormElement);
const address = element('address', HTMLInputElement);
/** Somebody may ask before the store is open. */
const asked$ = new ReplaySubject<Asked>(1);

fromEvent(form, 'submit').subscribe((event) => {
  event.preventDefault();
  asked$.next({ key: new URL(address.value).href, isAdded: true });
});
fromEvent(element('sample'), 'click').subscribe(() => {
  asked$.next({ key: new URL(SAMPLE, document.baseURI).href, isAdded: true });
});

const serving = serveAudio();
const opened = await openStore();
const { store } = opened;
showUsage(opened);
/** The key of the song that is shown. */
const open$ = new BehaviorSubject<string | undefined>(undefined);
asked$.pipe(switchMap((asked) => concat(of(asked.key), song$(store, serving, asked)))).subscribe(open$);
showStored(store, open$, (key) => asked$.next({ key, isAdded: false }));
