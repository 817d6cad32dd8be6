import './many-files.stress.spec.js';
