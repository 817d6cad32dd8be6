import { createHash } from 'node:crypto';

/** How much of a key a name shows. */
const LONGEST_TEXT = 40;
/** 128 bits of SHA-256, which no two keys share. */
const DIGITS = 32;
/** What belongs to an entry, by what its name ends with; the content itself has no suffix. */
const CONTENT = ['', '.part', '.part.coverage', '.next', '.next.coverage', '.identity'] as const;
const TEMPORARY = [
  '.entry.tmp',
  '.part.coverage.tmp',
  '.part.new',
  '.next.coverage.tmp',
  '.next.new',
  '.identity.tmp',
] as const;
export const RECORD = '.entry';
const OURS = new RegExp(`^([a-z0-9._-]{0,${LONGEST_TEXT}}~[0-9a-f]{${DIGITS}})((?:\\.[a-z]+)*)$`);
const SUFFIXES: ReadonlySet<string> = new Set([...CONTENT, ...TEMPORARY, RECORD]);

/**
 * Returns the file name of a key: what is harmless in it, for people, and a digest of all of it.
 *
 * All letters are small, so that keys which differ in case are distinct where names are not. The
 * digest is of UTF-16 code units: keys with lone surrogates, which UTF-8 does not have, are
 * distinct, too.
 */
export function nameOfKey(key: string): string {
  const text = key
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .slice(-LONGEST_TEXT)
    .replace(/^[.-]+/, '');
  const digest = createHash('sha256').update(Buffer.from(key, 'utf16le')).digest('hex');
  return `${text}~${digest.slice(0, DIGITS)}`;
}

/** Which entry a file belongs to, by its name, and as what; undefined for those of others. */
export function partOfEntry(file: string): { readonly name: string; readonly suffix: string } | undefined {
  const [, name, suffix] = OURS.exec(file) ?? [];
  return name !== undefined && suffix !== undefined && SUFFIXES.has(suffix) ? { name, suffix } : undefined;
}

/** All names that an entry may have files under, its record first. */
export const ALL_SUFFIXES: readonly string[] = [RECORD, ...TEMPORARY, ...CONTENT];
/** Those that are no leftovers of a crash. */
export const LASTING_SUFFIXES: readonly string[] = [...CONTENT, RECORD];
export const TEMPORARY_SUFFIXES: readonly string[] = TEMPORARY;
