import { defer, fromEvent, map, merge, Observable, repeat, take } from 'rxjs';

/** What to draw on, in CSS pixels. */
export interface Canvas {
  readonly context: CanvasRenderingContext2D;
  readonly width: number;
  readonly height: number;
  /** A colour of the style sheet. */
  readonly color: (name: string) => string;
}

/**
 * Emits at once, and whenever everything is to be drawn anew: in another size, as sharp as another
 * screen, or in other colours.
 */
export function canvas$(element: HTMLCanvasElement): Observable<Canvas> {
  const resized$ = new Observable<unknown>((subscriber) => {
    // Calls at once, too.
    const observer = new ResizeObserver((entries) => subscriber.next(entries));
    observer.observe(element);
    return () => observer.disconnect();
  });
  const recolored$ = fromEvent(matchMedia('(prefers-color-scheme: dark)'), 'change');
  return merge(resized$, rescaled$, recolored$).pipe(map(() => fit(element)));
}

/**
 * Emits when the window comes to a screen of another resolution; where nothing gets another size,
 * no observer of sizes tells.
 */
const rescaled$ = defer(() => fromEvent(matchMedia(`(resolution: ${devicePixelRatio}dppx)`), 'change')).pipe(
  take(1),
  repeat(),
);

/**
 * Makes a canvas as sharp as the screen. It keeps its size in the page: that is the style sheet's.
 */
function fit(element: HTMLCanvasElement): Canvas {
  const context = element.getContext('2d');
  if (context === null) throw new Error('This browser cannot draw on a canvas.');
  const { clientWidth: width, clientHeight: height } = element;
  element.width = Math.max(1, Math.round(width * devicePixelRatio));
  element.height = Math.max(1, Math.round(height * devicePixelRatio));
  context.scale(devicePixelRatio, devicePixelRatio);
  const style = getComputedStyle(element);
  const colors = new Map<string, string>();
  const color = (name: string): string => {
    const known = colors.get(name) ?? style.getPropertyValue(name);
    colors.set(name, known);
    return known;
  };
  return { context, width, height, color };
}
