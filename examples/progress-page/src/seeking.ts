// The slider over the stage: by pointer and by keyboard, and what is under the pointer.

import {
  animationFrames,
  animationFrameScheduler,
  auditTime,
  combineLatest,
  distinctUntilChanged,
  fromEvent,
  map,
  merge,
  type Subscription,
} from 'rxjs';
import { countText, percentText, timeText } from './format.js';
import { element, setAttribute, write } from './page.js';
import type { Session } from './session.js';

const KEYS: Partial<Record<string, number>> = {
  ArrowLeft: -1,
  ArrowDown: -1,
  ArrowRight: 1,
  ArrowUp: 1,
  PageDown: -5,
  PageUp: 5,
  Home: -Infinity,
  End: Infinity,
};
/** Without a song there are no seconds, but hundredths. */
const HUNDRED = 100;

/** The slider follows the session and sends it, until unsubscribed. */
export function showSlider(session: Session): Subscription {
  const slider = element('slider');
  const tooltip = element('tooltip');
  setAttribute(slider, 'aria-disabled', 'false');

  const subscription = fromEvent<PointerEvent>(slider, 'pointerdown').subscribe((event) => {
    if (event.button === 0) session.seek(fractionAt(slider, event));
  });
  subscription.add(
    fromEvent<KeyboardEvent>(slider, 'keydown').subscribe((event) => {
      const steps = KEYS[event.key];
      if (steps === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      const max = session.duration ?? HUNDRED;
      session.seek(clamp(session.fraction + steps / max));
    }),
  );
  const pointed$ = merge(
    fromEvent<PointerEvent>(slider, 'pointermove'),
    fromEvent<PointerEvent>(slider, 'pointerdown'),
  ).pipe(map((event) => fractionAt(slider, event)));
  const left$ = fromEvent(slider, 'pointerleave').pipe(map(() => undefined));
  subscription.add(
    combineLatest([merge(pointed$, left$), session.content.coverage$])
      .pipe(auditTime(0, animationFrameScheduler))
      .subscribe(([fraction]) => {
        tooltip.hidden = fraction === undefined;
        if (fraction === undefined) return;
        write(tooltip, textAt(session, fraction));
        // Over the pointer, as far as there is room.
        const room = slider.clientWidth - tooltip.offsetWidth;
        const left = fraction * slider.clientWidth - tooltip.offsetWidth / 2;
        tooltip.style.transform = `translateX(${Math.max(0, Math.min(room, left))}px)`;
      }),
  );
  subscription.add(
    animationFrames()
      .pipe(
        map(() => valueOf(session)),
        distinctUntilChanged((a, b) => a.text === b.text),
      )
      .subscribe(({ now, max, text }) => {
        setAttribute(slider, 'aria-valuemax', max);
        setAttribute(slider, 'aria-valuenow', now);
        setAttribute(slider, 'aria-valuetext', text);
        write(element('time'), text);
      }),
  );
  subscription.add(() => {
    tooltip.hidden = true;
    setAttribute(slider, 'aria-disabled', 'true');
    setAttribute(slider, 'aria-valuenow', 0);
    write(element('time'), '0:00 of 0:00');
  });
  return subscription;
}

function valueOf({ duration, fraction }: Session): { now: number; max: number; text: string } {
  const max = Math.floor(duration ?? HUNDRED);
  const now = Math.floor(fraction * (duration ?? HUNDRED));
  return { now, max, text: duration === undefined ? `${now} %` : `${timeText(now)} of ${timeText(max)}` };
}

function textAt({ content, duration }: Session, fraction: number): string {
  const { expectedLength: total } = content;
  if (total === undefined || total === 0) return 'nothing is known yet';
  const byte = Math.min(total - 1, Math.floor(fraction * total));
  const time = duration === undefined ? '' : `${timeText(fraction * duration)} · `;
  const place = `byte ${countText(byte)} · ${percentText(fraction)}`;
  return `${time}${place} · ${content.has({ start: byte, end: byte + 1 }) ? 'there' : 'missing'}`;
}

function fractionAt(slider: HTMLElement, { clientX }: PointerEvent): number {
  const { left, width } = slider.getBoundingClientRect();
  return clamp((clientX - left) / width);
}

function clamp(fraction: number): number {
  return Math.min(1, Math.max(0, fraction));
}
