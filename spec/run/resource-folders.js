/** The folders of the tests of what a resource promises, over whichever driver. */
export const RESOURCE_FOLDERS = [
  'spec/changes',
  'spec/control',
  'spec/errors',
  'spec/handle',
  'spec/operators',
  'spec/reader',
  'spec/resource',
  'spec/sync',
  'spec/waits',
];
