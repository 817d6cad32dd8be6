/**
 * What `jest-each` needs of Node to put the values of a row into the title of its test.
 *
 * @param {string} template
 * @param {...unknown} values
 */
export function format(template, ...values) {
  return template.replaceAll(/%([sdifjoO%])/g, (mark, kind) => {
    if (kind === '%') return '%';
    if (values.length === 0) return mark;
    const value = values.shift();
    return kind === 's' || kind === 'd' || kind === 'i' || kind === 'f' ? String(value) : JSON.stringify(value);
  });
}
