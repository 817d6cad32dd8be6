import { describe, expect, it } from '@jest/globals';
import { type Answer, type Question, understand } from '../../../../lib/http/download/answer/understand.js';
import { range } from '../../../support/range.js';

interface Given {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly type?: string;
  readonly url?: string;
}

/**
 * What is understood of an answer to a request for bytes 100 to 199, unless `question` asks for
 * something else.
 */
function meaning(given: Given, question: Partial<Question> = {}): Answer {
  const { status = 206, headers = {}, type = 'basic', url = '' } = given;
  return understand({ status, headers: new Headers(headers), type, url }, { asked: range(100, 200), ...question });
}

/** The answer without its version. */
function shape(answer: Answer): object {
  const { kind, ...rest } = answer;
  const facts: Record<string, unknown> = { ...rest };
  delete facts.version;
  delete facts.what;
  return { kind, ...facts };
}

const PART = { kind: 'part', start: 100, end: 200, hidden: false, displaced: false };
const WHOLE = { kind: 'whole', end: 1000, hidden: false };
const UNTOLD = { kind: 'whole', end: undefined, hidden: false };
const contentRange = (value: string): Given => ({ headers: { 'content-range': value } });

describe('an answer to a request for a part', () => {
  it.each<[string, Given, object]>([
    ['a part as it should be', contentRange('bytes 100-199/1000'), PART],
    ['with another unit case', contentRange('Bytes 100-199/1000'), PART],
    ['with an equals sign', contentRange('bytes=100-199/1000'), PART],
    ['with a colon', contentRange('bytes: 100-199/1000'), PART],
    ['without a unit', contentRange('100-199/1000'), PART],
    ['with spaces', contentRange('  bytes   100 - 199 / 1000  '), PART],
    ['without a total', contentRange('bytes 100-199'), PART],
    ['with a total that is not known', contentRange('bytes 100-199/*'), PART],
    ['with the header twice', contentRange('bytes 100-199/1000, bytes 100-199/1000'), PART],
    ['with the header twice, written otherwise', contentRange('bytes 100-199/1000, Bytes=100-199/1000'), PART],
    ['shorter than asked', contentRange('bytes 100-149/1000'), { ...PART, end: 150 }],
    ['longer than asked', contentRange('bytes 100-299/1000'), { ...PART, end: 300 }],
    [
      'that begins before what was asked',
      { headers: { 'content-range': 'bytes 50-199/1000', 'content-length': '150' } },
      { ...PART, start: 50 },
    ],
    [
      'that begins before what was asked, and tells no length',
      contentRange('bytes 50-199/1000'),
      { ...PART, start: 50, displaced: true },
    ],
    ['whose end is past the total', contentRange('bytes 100-199/150'), { ...PART, end: 150 }],
    ['in a 200', { ...contentRange('bytes 100-199/1000'), status: 200 }, PART],
    ['in a 203', { ...contentRange('bytes 100-199/1000'), status: 203 }, PART],
    ['from 0 to the end, which is the whole', contentRange('bytes 0-999/1000'), WHOLE],
    [
      'of another origin, where a coding may be hidden',
      { ...contentRange('bytes 100-199/1000'), type: 'cors' },
      { ...PART, hidden: true },
    ],
    ['without a place', {}, { kind: 'unplaceable' }],
    ['of several parts', { headers: { 'content-type': 'multipart/byteranges; boundary=x' } }, { kind: 'unplaceable' }],
    ['with two places', contentRange('bytes 100-199/1000, bytes 0-99/1000'), { kind: 'unplaceable' }],
    ['of another unit', contentRange('items 100-199/1000'), { kind: 'unplaceable' }],
    ['of no part', contentRange('bytes */1000'), { kind: 'unplaceable' }],
    ['that begins past the total', contentRange('bytes 100-199/50'), { kind: 'unplaceable' }],
    ['that ends before it begins', contentRange('bytes 100-99/1000'), { kind: 'unplaceable' }],
    ['that begins later than asked', contentRange('bytes 101-199/1000'), { kind: 'contradiction' }],
    ['that ends before what was asked', contentRange('bytes 0-99/1000'), { kind: 'contradiction' }],
    ['everything', { status: 200, headers: { 'content-length': '1000' } }, WHOLE],
    ['everything, by a proxy', { status: 203, headers: { 'content-length': '1000' } }, WHOLE],
    ['everything, of unknown length', { status: 200 }, UNTOLD],
    ['everything, with the length twice', { status: 200, headers: { 'content-length': '1000, 1000' } }, WHOLE],
    ['everything, with two lengths', { status: 200, headers: { 'content-length': '1000, 999' } }, UNTOLD],
    ['everything, in a 200 with its place', { ...contentRange('bytes 0-999/1000'), status: 200 }, WHOLE],
    [
      'in a 200, with a place that nobody understands',
      { status: 200, headers: { 'content-range': '?', 'content-length': '1000' } },
      { kind: 'unplaceable' },
    ],
    [
      'that is said to be everything, and is as long as what was asked for',
      { status: 200, headers: { 'content-length': '100' } },
      { kind: 'unplaceable' },
    ],
    ['no content', { status: 204 }, { kind: 'refused' }],
    ['that nothing has changed, though nobody asked', { status: 304 }, { kind: 'refused' }],
    ['an error', { status: 404 }, { kind: 'refused' }],
  ])('is understood: %s', (_, given, expected) => {
    expect(shape(meaning(given))).toEqual(expected);
  });

  it.each([
    ['1000', 1000],
    ['*', undefined],
    ['', undefined],
    ['-1', undefined],
    ['1e3', undefined],
    ['1000.5', undefined],
    ['unknown', undefined],
    ['9007199254740991', 2 ** 53 - 1],
    ['9007199254740992', undefined],
    ['18446744073709551615', undefined],
  ])('tells a total that is an integer below 2^53, or none: %j', (total, expected) => {
    expect(meaning(contentRange(`bytes 100-199/${total}`))).toMatchObject({
      kind: 'part',
      version: { total: expected },
    });
  });

  it.each([
    ['no length', undefined, 'part'],
    ['its length', '100', 'part'],
    ['its length twice', '100, 100', 'part'],
    ['two lengths, of which neither counts', '100, 300', 'part'],
    ['that of the content', '1000', 'contradiction'],
    ['one byte less', '99', 'contradiction'],
  ])('is a part if its length fits its place: %s', (_, length, kind) => {
    const headers = {
      'content-range': 'bytes 100-199/1000',
      ...(length !== undefined && { 'content-length': length }),
    };
    expect(meaning({ headers })).toMatchObject({ kind });
  });

  it.each([
    ['identity', 'part', false],
    ['Identity', 'part', false],
    ['none', 'part', false],
    ['NONE', 'part', false],
    ['', 'part', false],
    ['aws-chunked', 'part', false],
    ['AWS-Chunked, identity', 'part', false],
    ['utf-8', 'part', true],
    ['gzip', 'unplaceable', undefined],
    ['aws-chunked,gzip', 'unplaceable', undefined],
    ['X-GZip', 'unplaceable', undefined],
    ['br', 'unplaceable', undefined],
    ['zstd', 'unplaceable', undefined],
    ['deflate', 'unplaceable', undefined],
  ])('is a part of the content unless that was compressed: Content-Encoding %j', (coding, kind, hidden) => {
    const answer = meaning({ headers: { 'content-range': 'bytes 100-199/1000', 'content-encoding': coding } });
    expect(answer.kind).toBe(kind);
    expect('hidden' in answer ? answer.hidden : undefined).toBe(hidden);
  });

  it.each<[string, Given, object, Partial<Question>?]>([
    ['behind the end', contentRange('bytes */50'), { kind: 'nothing', total: 50 }],
    ['at the end', contentRange('bytes */100'), { kind: 'nothing', total: 100 }],
    ['without a length', {}, { kind: 'nothing', total: undefined }],
    ['of unknown length', contentRange('bytes */*'), { kind: 'nothing', total: undefined }],
    ['with another sign', contentRange('Bytes=*/50'), { kind: 'nothing', total: 50 }],
    ['since it ends too late', contentRange('bytes */150'), { kind: 'end-too-far', total: 150 }],
    ['since it ends too late, by what there is', contentRange('bytes 0-149/150'), { kind: 'end-too-far', total: 150 }],
    ['though it is there', contentRange('bytes */1000'), { kind: 'refused' }],
    ['though it has no end', contentRange('bytes */1000'), { kind: 'refused' }, { asked: range(100, Infinity) }],
    ['though nothing was asked for', contentRange('bytes */1000'), { kind: 'refused' }, { asked: undefined }],
  ])('is a 416 that says what is wrong with it: %s', (_, given, expected, question = {}) => {
    expect(shape(meaning({ ...given, status: 416 }, question))).toEqual(expected);
  });
});

describe('an answer as long as the part that was asked for', () => {
  it('is everything if the content is known to be no longer', () => {
    const given = { status: 200, headers: { 'content-length': '100' } };
    const asked = range(0, 100);
    expect(meaning(given, { asked, total: 100 })).toMatchObject({ kind: 'whole', end: 100 });
    expect(meaning(given, { asked, total: 1000 })).toMatchObject({ kind: 'unplaceable' });
    expect(meaning(given, { asked })).toMatchObject({ kind: 'unplaceable' });
  });
});

describe('an answer to a request for everything', () => {
  it.each<[string, Given, object]>([
    ['everything', { status: 200, headers: { 'content-length': '1000' } }, WHOLE],
    ['everything in a 206', { headers: { 'content-length': '1000' } }, WHOLE],
    ['everything in a 206 with its place', contentRange('bytes 0-999/1000'), WHOLE],
    ['a part', contentRange('bytes 0-499/1000'), { kind: 'part', start: 0, end: 500, hidden: false, displaced: false }],
    ['a later part', contentRange('bytes 500-999/1000'), { kind: 'contradiction' }],
    ['everything, compressed', { status: 200, headers: { 'content-length': '9', 'content-encoding': 'gzip' } }, UNTOLD],
    [
      'everything, with a coding that is none',
      { status: 200, headers: { 'content-length': '1000', 'content-encoding': 'none' } },
      WHOLE,
    ],
    [
      'everything, compressed, with its place',
      { headers: { 'content-range': 'bytes 0-8/9', 'content-encoding': 'gzip' } },
      UNTOLD,
    ],
    [
      'everything, of another origin that may hide a coding',
      { status: 200, type: 'cors', headers: { 'content-length': '9' } },
      { ...UNTOLD, hidden: true },
    ],
    [
      'everything, of another origin that shows it',
      { status: 200, type: 'cors', headers: { 'content-length': '1000', 'content-encoding': 'identity' } },
      WHOLE,
    ],
    ['several parts', { headers: { 'content-type': 'multipart/byteranges' } }, { kind: 'unplaceable' }],
  ])('is understood: %s', (_, given, expected) => {
    expect(shape(meaning(given, { asked: undefined }))).toEqual(expected);
  });

  it('may be that nothing has changed, if that was asked', () => {
    expect(meaning({ status: 304 }, { asked: undefined, conditional: true })).toEqual({ kind: 'unchanged' });
  });
});

describe('an answer of another kind than the content', () => {
  const origins = new Set(['https://a.example', 'https://cdn.example']);
  const here = 'https://cdn.example/song';
  const elsewhere = 'https://login.example/';
  it.each([
    ['the same type', 'audio/flac', here, 'whole'],
    ['the same type from elsewhere', 'audio/flac', elsewhere, 'whole'],
    ['the same type, written otherwise', 'Audio/FLAC; charset=utf-8', elsewhere, 'whole'],
    ['another type', 'application/octet-stream', here, 'whole'],
    ['another type from elsewhere', 'application/octet-stream', elsewhere, 'other-kind'],
    ['another type from nobody knows where', 'application/octet-stream', '', 'whole'],
    ['a page', 'text/html; charset=utf-8', here, 'other-kind'],
    ['a page from nobody knows where', 'TEXT/HTML', '', 'other-kind'],
    ['no type', undefined, elsewhere, 'whole'],
  ])('says nothing about it: %s', (_, type, url, kind) => {
    const headers = type === undefined ? undefined : { 'content-type': type };
    const given: Given = { status: 200, url, ...(headers && { headers }) };
    expect(meaning(given, { mediaType: 'audio/flac', origins }).kind).toBe(kind);
    // There is nothing to compare the first one with.
    expect(meaning(given, { origins }).kind).toBe('whole');
  });

  it('is no other kind if the content is a page itself', () => {
    const given = { status: 200, headers: { 'content-type': 'text/html' } };
    expect(meaning(given, { mediaType: 'text/html' }).kind).toBe('whole');
  });
});

describe('the version that an answer tells', () => {
  const now = 'Mon, 02 Jan 2023 00:00:00 GMT';
  const before = 'Sun, 01 Jan 2023 23:59:59 GMT';
  it.each([
    ['nothing', {}, {}],
    ['a strong tag', { etag: '"a"' }, { etag: '"a"' }],
    ['a tag with a comma', { etag: '"a, b"' }, { etag: '"a, b"' }],
    ['the same tag twice', { etag: 'W/"a", W/"a"' }, { etag: 'W/"a"' }],
    ['a tag without quotes', { etag: 'a-b' }, { etag: 'a-b' }],
    ['two tags, of which neither counts', { etag: '"a", "b"' }, {}],
    ['an empty header', { etag: '' }, {}],
    ['a time', { 'last-modified': before, date: now }, { lastModified: before }],
    ['a time twice', { 'last-modified': `${before}, ${before}`, date: now }, { lastModified: before }],
    ['a time whose Date nobody sees', { 'last-modified': now }, { lastModified: now }],
    ['the time of the answer, which proves nothing', { 'last-modified': now, date: now }, {}],
    ['a time in the future, which proves nothing', { 'last-modified': now, date: before }, {}],
    ['what is no time', { 'last-modified': 'yesterday' }, {}],
  ])('is what its headers prove: %s', (_, headers, expected) => {
    const answer = meaning({ status: 200, headers: headers });
    const version = 'version' in answer ? answer.version : undefined;
    expect([answer.kind, version]).toEqual(['whole', expected]);
  });
});
