const MOST_CHARACTERS = 50;

/**
 * Returns a value as messages show it, so that its type can be seen: text in quotes and cut short,
 * big integers with their `n`, objects by their class.
 */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value).slice(0, MOST_CHARACTERS);
  if (typeof value === 'bigint') return `${value}n`;
  if (Object(value) !== value) return String(value);
  return (value as { constructor?: { name?: string } }).constructor?.name ?? 'an object';
}
