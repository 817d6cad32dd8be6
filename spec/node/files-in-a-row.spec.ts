import './files-in-a-row.stress.spec.js';
