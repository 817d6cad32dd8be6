import { filter, firstValueFrom, type Subscription } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { type ExposedMedia, type ServedMedia, serveMedia } from 'tidemark/browser';
import { download } from 'tidemark/http';

/** How many bytes of bodies the worker was given. */
let given = 0;
MessagePort.prototype.postMessage = new Proxy(Reflect.get(MessagePort.prototype, 'postMessage') as () => void, {
  apply(postMessage, port, args: [{ bytes?: Uint8Array } | undefined]) {
    given += args[0]?.bytes?.length ?? 0;
    return Reflect.apply(postMessage, port, args) as unknown;
  },
});

/** What the tests do in a page: they call it by name. */
export const page = {
  resource: undefined as Resource<MemDriver> | undefined,
  media: undefined as ServedMedia | undefined,
  exposed: undefined as ExposedMedia | undefined,
  downloading: undefined as Subscription | undefined,
  worker: '/sw.js',

  /** Begins to download a song, exposes it, and returns its address. */
  async expose(song: string, contentType: string): Promise<string> {
    const resource = Resource.open(new MemDriver());
    this.resource = resource;
    this.downloading = download(resource, song, { onError: 'leave' }).subscribe({ error: () => undefined });
    return this.exposeOf(resource, contentType);
  },

  /** Exposes `length` bytes, of which the first half is there. */
  half(length: number): Promise<string> {
    const resource = Resource.open(new MemDriver(), { expectedLength: length });
    this.resource = resource;
    resource.writeAt(0, new Uint8Array(length / 2).fill(7));
    return this.exposeOf(resource, 'audio/flac');
  },

  async exposeOf(resource: Resource<MemDriver>, contentType: string): Promise<string> {
    this.media ??= await serveMedia({ worker: this.worker });
    this.exposed = this.media.expose(resource, { contentType, close: true });
    return this.exposed.url;
  },

  /** How `serveMedia` fails. */
  async refusalOf(worker: string): Promise<{ code?: string; message: string }> {
    try {
      await serveMedia({ worker });
      return { message: 'It did not.' };
    } catch (error) {
      const { code, message } = error as { code?: string; message: string };
      return { code, message };
    }
  },

  /** Adds a player. */
  load(url: string): void {
    document.body.append(new Audio(url));
  },

  /** Seeks as who drags the thumb does; returns how many bytes the worker was given. */
  async scrub(places: readonly number[], every: number): Promise<number> {
    const audio = document.querySelector('audio') as HTMLAudioElement;
    for (const place of places) {
      audio.currentTime = place * audio.duration;
      await new Promise((resolve) => setTimeout(resolve, every));
    }
    audio.pause();
    audio.removeAttribute('src');
    audio.load();
    await this.noDemand();
    return given;
  },

  /** Serves media once more, as another part of the app does; returns the address of a view. */
  another(length: number): Promise<string> {
    this.media = undefined;
    return this.half(length);
  },

  /** Reads a body to its end, and returns how that was: of another page's view, say. */
  async readToEnd(url: string): Promise<string> {
    const response = await fetch(url);
    try {
      return `${(await response.arrayBuffer()).byteLength} bytes`;
    } catch (error) {
      return (error as Error).name;
    }
  },

  /** Has another service worker answer. */
  use(worker: string): void {
    this.worker = worker;
  },

  /** Asks for a part; returns what the answer says of itself, and how many bytes it has. */
  async ask(url: string, range?: string): Promise<{ status: number; headers: Record<string, string>; length: number }> {
    const response = await fetch(url, range === undefined ? {} : { headers: { range } });
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, headers, length: (await response.arrayBuffer()).byteLength };
  },

  /** Asks for bytes that are missing until that is a demand, leaves, and waits until it is none. */
  async askAndLeave(url: string, range: string): Promise<unknown> {
    const leave = new AbortController();
    const { demand$ } = this.resource as Resource<MemDriver>;
    const asked = fetch(url, { headers: { range }, signal: leave.signal })
      .then((response) => response.arrayBuffer())
      .catch((error: unknown) => (error as Error).name);
    const [demand] = await firstValueFrom(demand$.pipe(filter(({ length }) => length > 0)));
    leave.abort();
    await firstValueFrom(demand$.pipe(filter(({ length }) => length === 0)));
    return { range: demand?.range, ended: await asked };
  },

  /** Asks for missing bytes, and returns once that is a demand. */
  async askForMissing(url: string): Promise<void> {
    const { demand$, expectedLength = 0 } = this.resource as Resource<MemDriver>;
    void fetch(url, { headers: { range: `bytes=${expectedLength - 100}-` } })
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
    await firstValueFrom(demand$.pipe(filter(({ length }) => length > 0)));
  },

  async someDemand(): Promise<void> {
    await firstValueFrom((this.resource as Resource<MemDriver>).demand$.pipe(filter(({ length }) => length > 0)));
  },

  async noDemand(): Promise<void> {
    await firstValueFrom((this.resource as Resource<MemDriver>).demand$.pipe(filter(({ length }) => length === 0)));
  },

  /** Answers nothing for a while. */
  block(milliseconds: number): void {
    const end = performance.now() + milliseconds;
    while (performance.now() < end);
  },
};

export type MediaPage = typeof page;
