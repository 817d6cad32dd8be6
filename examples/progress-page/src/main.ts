import './style.css';
import { fromEvent, Subscription } from 'rxjs';
import { showControls } from './controls.js';
import { showFigures } from './figures.js';
import { element, write } from './page.js';
import { showReaders } from './readers.js';
import { showSlider } from './seeking.js';
import { Session } from './session.js';
import { showStage } from './stage.js';

const SAMPLE = 'sample.flac';

const form = element('open', HTMLFormElement);
const address = element('address', HTMLInputElement);
let shown = Subscription.EMPTY;

fromEvent(form, 'submit').subscribe((event) => {
  event.preventDefault();
  open(new URL(address.value));
});
fromEvent(element('sample'), 'click').subscribe(() => open(new URL(SAMPLE, location.href)));

function open(url: URL): void {
  shown.unsubscribe();
  const session = new Session(url, crossOriginIsolated);
  write(element('name'), nameOf(url));
  shown = new Subscription();
  shown.add(showStage(session));
  shown.add(showSlider(session));
  shown.add(showFigures(session));
  shown.add(showReaders(session));
  shown.add(showControls(session, () => open(url)));
  shown.add(() => session.close());
}

/** The last part of the path, or else where it is. */
function nameOf({ pathname, host }: URL): string {
  const name = pathname.split('/').at(-1) ?? '';
  try {
    return decodeURIComponent(name) || host;
  } catch {
    return name; // an address may have a percent sign that means nothing
  }
}
