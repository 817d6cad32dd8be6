/**
 * Resolves when more can be sent, or nobody takes it any more.
 *
 * @param {import('node:http').ServerResponse} response
 */
export function taken(response) {
  return new Promise((resolve) => {
    const goOn = () => resolve(response.off('drain', goOn).off('close', goOn));
    response.on('drain', goOn).on('close', goOn);
  });
}
