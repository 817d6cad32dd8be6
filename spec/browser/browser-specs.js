/** The folders of all tests that need a browser. */
export const BROWSER_FOLDERS = ['spec/browser', 'spec/examples/progress-page'];
