/** There are no files in a browser. */
export const MmapDriver = undefined;
