import { gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** One thing that somebody between the content and the download does to an answer. */
export type Twist =
  | { readonly kind: 'drop'; readonly header: string }
  | { readonly kind: 'double'; readonly header: string }
  | {
      readonly kind: 'rewrite';
      readonly how: 'unit case' | 'equals' | 'spaces' | 'no unit' | 'no total' | 'huge total';
    }
  | { readonly kind: 'contradict'; readonly header: 'content-range' | 'content-length'; readonly by: number }
  | { readonly kind: 'status'; readonly status: 200 | 203 | 206 }
  | { readonly kind: 'coding'; readonly name: string }
  | { readonly kind: 'compress'; readonly visible: boolean }
  | { readonly kind: 'earlier'; readonly by: number }
  | { readonly kind: 'ignore range' }
  | { readonly kind: 'refuse end' }
  | { readonly kind: 'cut' | 'lengthen'; readonly by: number; readonly clean: boolean }
  | { readonly kind: 'tag'; readonly how: 'weak' | 'bare' | 'none' }
  | { readonly kind: 'page' };

const HEADERS = ['content-range', 'content-length', 'etag', 'last-modified', 'content-type'];

const one = <const T>(...values: readonly T[]): fc.Arbitrary<T> => fc.constantFrom(...values);

/** What leaves no doubt about what is meant: a download has to come through it. */
export const evident = fc.oneof<fc.Arbitrary<Twist>[]>(
  fc.record({ kind: one('drop'), header: one('content-length', 'last-modified', 'content-type') }),
  fc.record({ kind: one('double'), header: one(...HEADERS) }),
  fc.record({
    kind: one('rewrite'),
    how: one('unit case', 'equals', 'spaces', 'no unit', 'no total', 'huge total'),
  }),
  fc.record({ kind: one('coding'), name: one('identity', 'none', '', 'AWS-Chunked', 'utf-8') }),
  fc.record({ kind: one('tag'), how: one('weak', 'bare') }),
  fc.record({ kind: one('earlier'), by: fc.nat(2000) }),
  fc.record({ kind: one('status'), status: one(200, 203, 206) }),
  fc.record({ kind: one('ignore range') }),
  fc.record({ kind: one('refuse end') }),
);

/** Anything: a download comes through it, or says that it does not. */
export const any = fc.oneof<fc.Arbitrary<Twist>[]>(
  evident,
  fc.record({ kind: one('drop'), header: one(...HEADERS) }),
  fc.record({
    kind: one('contradict'),
    header: one('content-range', 'content-length'),
    by: fc.integer({ min: -300, max: 300 }),
  }),
  fc.record({ kind: one('compress'), visible: fc.boolean() }),
  fc.record({ kind: one('cut', 'lengthen'), by: fc.integer({ min: 1, max: 3000 }), clean: fc.boolean() }),
  fc.record({ kind: one('tag'), how: one('none') }),
  fc.record({ kind: one('page') }),
);

/** Answers a request for `content` as a good server does, but for what the twists do to it. */
export function answerTo(content: Uint8Array, request: Headers, twists: readonly Twist[], hides: boolean): Response {
  const has = (kind: Twist['kind']): boolean => twists.some((twist) => twist.kind === kind);
  const asked = has('ignore range') ? undefined : parse(request.get('range'), content.length);
  const unsatisfied = { status: 416, headers: { 'content-range': `bytes */${content.length}` } };
  if (asked !== undefined && (asked.start >= content.length || (has('refuse end') && asked.end > content.length))) {
    return new Response(null, unsatisfied);
  }
  if (has('page')) return new Response('<html>', { headers: { 'content-type': 'text/html' } });
  let start = asked?.start ?? 0;
  const end = Math.min(asked?.end ?? Infinity, content.length);
  for (const twist of twists)
    if (twist.kind === 'earlier' && asked !== undefined) start = Math.max(0, start - twist.by);
  const answer: Draft = {
    status: asked === undefined ? 200 : 206,
    body: content.subarray(start, end),
    breaks: false,
    isCut: false,
    headers: {
      etag: '"v1"',
      'last-modified': 'Sun, 01 Jan 2023 00:00:00 GMT',
      'content-type': 'audio/flac',
      'content-length': String(end - start),
      ...(asked !== undefined && { 'content-range': `bytes ${start}-${end - 1}/${content.length}` }),
    },
  };
  for (const twist of twists) apply(twist, answer, hides);
  const { status, headers, body, breaks } = answer;
  const chunks = [body.subarray(0, body.length >> 1), body.subarray(body.length >> 1)].filter(
    ({ length }) => length > 0,
  );
  const stream = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const chunk = chunks.shift();
      if (chunk !== undefined) controller.enqueue(chunk.slice());
      else if (breaks) controller.error(new TypeError('terminated'));
      else controller.close();
    },
  });
  const response = new Response(stream, { status, headers });
  return hides ? Object.defineProperty(response, 'type', { value: 'cors' }) : response;
}

interface Draft {
  status: number;
  body: Uint8Array;
  /** The body ends with an error. */
  breaks: boolean;
  /** Its end is missing: what comes behind would be in the wrong place, and nothing would tell. */
  isCut: boolean;
  readonly headers: Record<string, string>;
}

function apply(twist: Twist, answer: Draft, hides: boolean): void {
  const { headers } = answer;
  const contentRange = headers['content-range'];
  switch (twist.kind) {
    case 'drop':
      // A 200 that does not speak of a place says that it is everything.
      if (twist.header === 'content-range' && answer.status !== 206) break;
      Reflect.deleteProperty(headers, twist.header);
      break;
    case 'double': {
      const value = headers[twist.header];
      if (value !== undefined) headers[twist.header] = `${value}, ${value}`;
      break;
    }
    case 'rewrite':
      if (contentRange !== undefined) headers['content-range'] = rewritten(contentRange, twist.how);
      break;
    case 'contradict': {
      const shift = (digits: string): string => String(Math.max(0, Number(digits) + twist.by));
      const value = headers[twist.header];
      if (value !== undefined) headers[twist.header] = value.replace(/\d+/, shift);
      break;
    }
    case 'status':
      if (contentRange !== undefined) answer.status = twist.status;
      break;
    case 'coding':
      headers['content-encoding'] = twist.name;
      break;
    case 'compress': {
      if (answer.isCut || (!twist.visible && !hides)) break;
      // The bytes that a part is of are those of the compressed content, as `fetch` hands them out.
      if (contentRange === undefined) headers['content-length'] = String(gzipSync(answer.body).length);
      else answer.body = Buffer.concat([answer.body, answer.body]);
      if (twist.visible) headers['content-encoding'] = 'gzip';
      break;
    }
    case 'cut':
      answer.body = answer.body.subarray(0, Math.max(0, answer.body.length - twist.by));
      answer.isCut = true;
      // Where nothing tells the length, or the length of what is compressed, a clean end is the
      // end.
      answer.breaks = !twist.clean || headers['content-range'] === undefined;
      break;
    case 'lengthen':
      // The same, the other way round.
      if (headers['content-range'] !== undefined && !answer.isCut) {
        answer.body = Buffer.concat([answer.body, Buffer.alloc(twist.by, 1)]);
      }
      break;
    case 'tag':
      if (headers.etag === undefined) break;
      if (twist.how === 'none') Reflect.deleteProperty(headers, 'etag');
      else headers.etag = twist.how === 'weak' ? 'W/"v1"' : 'v1';
      break;
    default:
  }
}

function rewritten(contentRange: string, how: string): string {
  switch (how) {
    case 'unit case':
      return contentRange.replace('bytes', 'BYTES');
    case 'equals':
      return contentRange.replace('bytes ', 'bytes=');
    case 'spaces':
      return contentRange.replace('-', ' - ').replace('/', ' / ');
    case 'no unit':
      return contentRange.replace('bytes ', '');
    case 'no total':
      return contentRange.replace(/\/.*$/, '/*');
    default:
      return contentRange.replace(/\/.*$/, '/18446744073709551615');
  }
}

function parse(header: string | null, length: number): { start: number; end: number } | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d*)$/.exec(header ?? '') ?? [];
  if (first === undefined || last === undefined) return undefined;
  return { start: Number(first), end: last === '' ? length : Number(last) + 1 };
}
